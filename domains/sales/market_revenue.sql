SELECT
  n.n_name AS nation,
  b.c_mktsegment AS segment,
  trunc(p.o_orderdate, 'MONTH') AS month,
  sum(p.o_totalprice) AS revenue
FROM sales.gold.purchases_v2 AS p
JOIN sales.gold.buyers AS b ON b.c_custkey = p.o_custkey
JOIN geography.gold.nations AS n ON n.n_nationkey = b.c_nationkey
WHERE p.o_orderstatus = 'F'
GROUP BY ALL
