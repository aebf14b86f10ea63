CREATE OR REPLACE FUNCTION `platform`.`governance`.`mask_personal`(`value` string)
RETURNS string
RETURN '***';
