CREATE OR REPLACE FUNCTION `platform`.`governance`.`mask_personal`(`value` string)
RETURNS string
COMMENT 'Hides personal data, and keeps equal values equal.'
RETURN concat('***', right(sha2(value, 256), 8));
