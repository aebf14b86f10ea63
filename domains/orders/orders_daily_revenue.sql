SELECT
  date(order_ts) AS order_date,
  currency,
  sum(amount) AS revenue
FROM orders_gold
GROUP BY 1, 2
