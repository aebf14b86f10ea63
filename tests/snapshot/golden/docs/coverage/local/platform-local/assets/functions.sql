CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`mask_personal`(`value` string)
RETURNS string
RETURN '***';
