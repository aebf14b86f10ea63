CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`home_market`(`value` string)
RETURNS boolean
RETURN coalesce(value IN ('AT', 'CH'), FALSE);

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`mask_address`(`value` string)
RETURNS string
RETURN concat(left(value, 2), '...');

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`mask_card`(`value` string)
RETURNS string
COMMENT 'Shows a part of the text.'
RETURN CASE WHEN length(value) < 8 THEN repeat('*', length(value)) ELSE concat(repeat('*', length(value) - 4), right(value, 4)) END;

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`mask_email`(`value` string)
RETURNS string
COMMENT 'Shows the domain of an e-mail address.'
RETURN CASE WHEN value IS NULL THEN NULL WHEN instr(value, '@') > 0 THEN concat('***@', substring_index(value, '@', -1)) ELSE '***' END;

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`mask_income`(`value` bigint)
RETURNS bigint
COMMENT 'Shows the lower end of the bucket of a number.'
RETURN TRY_CAST(CAST(value AS DECIMAL(20, 0)) - pmod(CAST(value AS DECIMAL(20, 0)), 1000) AS bigint);

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`mask_income__decimal_12_2`(`value` decimal(12,2))
RETURNS decimal(12,2)
COMMENT 'Shows the lower end of the bucket of a number.'
RETURN TRY_CAST(value - pmod(value, 1000) AS decimal(12,2));

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`mask_person`(`value` string)
RETURNS string
COMMENT 'Shows a pseudonym: equal values stay equal.'
RETURN sha2(concat('person', value), 256);

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`mask_person__bigint`(`value` bigint)
RETURNS bigint
COMMENT 'Shows a pseudonym: equal values stay equal.'
RETURN CAST(conv(substr(sha2(concat('person', CAST(value AS STRING)), 256), 1, 15), 16, 10) AS BIGINT);

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`mask_person__boolean`(`value` boolean)
RETURNS boolean
COMMENT 'Shows NULL.'
RETURN CAST(NULL AS boolean);

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`mask_person__date`(`value` date)
RETURNS date
COMMENT 'Shows the start of the period.'
RETURN trunc(value, 'YEAR');

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`mask_person__timestamp`(`value` timestamp)
RETURNS timestamp
COMMENT 'Shows the start of the period.'
RETURN date_trunc('YEAR', value);

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`mask_secret`(`value` string)
RETURNS string
COMMENT 'Shows one value in place of every value.'
RETURN CASE WHEN value IS NULL THEN NULL ELSE '(hidden)' END;

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`own_region`(`value` string)
RETURNS boolean
RETURN CASE value WHEN 'north' THEN is_account_group_member('analytics') WHEN 'south' THEN is_account_group_member('analytics') OR is_account_group_member('auditors') ELSE FALSE END;

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`own_tenant`(`value` bigint)
RETURNS boolean
RETURN EXISTS (SELECT 1 FROM `platform_local`.`governance`.`own_tenant_access` AS access WHERE access.allowed_value = value AND (access.reader = session_user() OR is_account_group_member(access.reader)));

CREATE OR REPLACE FUNCTION `platform_local`.`governance`.`published`(`value` boolean)
RETURNS boolean
RETURN value;
