CREATE OR REPLACE FUNCTION `customers`.`governance`.`home_market`(`value` string)
RETURNS boolean
COMMENT 'Readers outside of the exempt group see customers of the home market only.'
RETURN value IN ('AT', 'CH', 'DE');
