-- Generated from the contract, and made anew with every synthesis.
WITH checks AS (
  SELECT 'gold.invoices' AS object, 'row_count' AS rule, TRUE AS is_error, 'must be greater than 0' AS expected,
    CAST(measured AS STRING) AS measured, coalesce(measured > 0, FALSE) AS holds
  FROM (SELECT CAST((
SELECT count(*) FROM `finance`.`gold`.`invoices`
  ) AS DOUBLE) AS measured)
  UNION ALL
  SELECT 'gold.invoices' AS object, 'is_unique' AS rule, TRUE AS is_error, 'must be 0' AS expected,
    CAST(measured AS STRING) AS measured, coalesce(measured = 0, FALSE) AS holds
  FROM (SELECT CAST((
SELECT count(struct(invoice_id, issued_at)) - count(DISTINCT struct(invoice_id, issued_at)) FROM `finance`.`gold`.`invoices`
  ) AS DOUBLE) AS measured)
  UNION ALL
  SELECT 'gold.invoices' AS object, 'nearly_all_invoices_pass' AS rule, FALSE AS is_error, 'must be less than 0.01' AS expected,
    CAST(measured AS STRING) AS measured, coalesce(measured < 0.01, FALSE) AS holds
  FROM (SELECT CAST((
SELECT (SELECT count(*) FROM finance.silver.invoices_quarantine) / nullif(count(*), 0) FROM finance.gold.invoices
  ) AS DOUBLE) AS measured)
  UNION ALL
  SELECT 'gold.invoices' AS object, 'few_free_invoices' AS rule, FALSE AS is_error, 'must be less than 5 percent' AS expected,
    CAST(measured AS STRING) AS measured, coalesce(measured < 5, FALSE) AS holds
  FROM (SELECT CAST((
SELECT coalesce(100.0 * (count_if(NOT coalesce(amount IS NULL OR amount RLIKE '^(?!0[.]00$)', FALSE))) / nullif(count(*), 0), 0) FROM `finance`.`gold`.`invoices`
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
  WHEN errors > 0 THEN raise_error(concat('data quality of finance.invoices: ', broken))
  ELSE concat(rules, ' quality rules checked', if(broken = '', '', concat('; ', broken)))
END AS result
FROM results;
