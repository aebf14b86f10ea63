-- Generated from the contract, and made anew with every synthesis.
WITH checks AS (
  SELECT 'gold.orders_gold' AS object, 'no_order_twice' AS rule, TRUE AS is_error, 'must be 0' AS expected,
    CAST(measured AS STRING) AS measured, coalesce(measured = 0, FALSE) AS holds
  FROM (SELECT CAST((
SELECT count(order_id) - count(DISTINCT order_id) FROM `orders`.`gold`.`orders_gold`
  ) AS DOUBLE) AS measured)
  UNION ALL
  SELECT 'gold.orders_gold' AS object, 'country_mostly_known' AS rule, FALSE AS is_error, 'must be at least 90 percent' AS expected,
    CAST(measured AS STRING) AS measured, coalesce(measured >= 90, FALSE) AS holds
  FROM (SELECT CAST((
SELECT try_divide(100 * count(country), count(*)) FROM orders.gold.orders_gold
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
  WHEN errors > 0 THEN raise_error(concat('data quality of orders.orders: ', broken))
  ELSE concat(rules, ' quality rules checked', if(broken = '', '', concat('; ', broken)))
END AS result
FROM results;
