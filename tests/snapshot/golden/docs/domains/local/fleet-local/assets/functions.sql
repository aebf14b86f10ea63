CREATE OR REPLACE FUNCTION `small_domains_local`.`fleet_governance`.`own_vans`(`value` string)
RETURNS boolean
RETURN value LIKE 'W-%';
