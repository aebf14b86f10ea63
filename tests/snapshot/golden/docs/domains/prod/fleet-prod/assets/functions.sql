CREATE OR REPLACE FUNCTION `small_domains`.`fleet_governance`.`own_vans`(`value` string)
RETURNS boolean
RETURN value LIKE 'W-%';
