CREATE OR REPLACE FUNCTION `sales`.`gold`.`net_amount`(`amount` decimal(18,2), `tax_percent` int)
RETURNS decimal(18,2)
COMMENT 'Amount without tax.'
RETURN CAST(amount / (1 + tax_percent / 100) AS DECIMAL(18,2));
