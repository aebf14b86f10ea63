CREATE OR REPLACE FUNCTION `sales`.`gold`.`net_price`(`price` decimal(15,2), `discount` decimal(15,2))
RETURNS decimal(38,4)
COMMENT 'Price with its discount, without tax.'
RETURN price * (1 - discount);
