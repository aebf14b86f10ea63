CREATE OR REPLACE FUNCTION `customers_local`.`gold`.`discount`(`tier` string)
RETURNS decimal(3,2)
RETURN CAST(NULL AS decimal(3,2));
