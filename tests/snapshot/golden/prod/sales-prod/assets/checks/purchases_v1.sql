-- Generated from the contract, and made anew with every synthesis.
WITH checks AS (
  SELECT 'gold.purchases_v1' AS object, 'o_totalprice_is_not_negative' AS rule, FALSE AS is_error, 'must be 0' AS expected,
    CAST(measured AS STRING) AS measured, coalesce(measured = 0, FALSE) AS holds
  FROM (SELECT CAST((
SELECT count(*) FROM sales.gold.purchases_v1 WHERE o_totalprice < 0
  ) AS DOUBLE) AS measured)
), results AS (
  SELECT
    count(*) AS rules,
    count_if(is_error AND NOT holds) AS errors,
    array_join(array_sort(collect_list(CASE WHEN NOT holds THEN concat(
      if(is_error, 'error: ', 'warning: '), rule, ' of ', object, ' ', expected, ', found ',
      coalesce(measured, 'nothing')
    ) END)), '; ') AS broken
  FROM checks
)
SELECT CASE
  WHEN errors > 0 THEN raise_error(concat('data quality of sales.purchases_v1: ', broken))
  ELSE concat(rules, ' quality rules checked', if(broken = '', '', concat('; ', broken)))
END AS result
FROM results;
