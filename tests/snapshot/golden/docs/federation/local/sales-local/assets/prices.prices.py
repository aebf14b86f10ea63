# file: prices/prices.py
import prices_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.active()


@dp.materialized_view(**contract.table("gold.prices"))
def prices():
    discount = contract.source("customers.customers.discount")
    return spark.sql(f"SELECT tier, 100 * (1 - {discount}(tier)) AS price FROM VALUES ('gold'), ('basic') AS t(tier)")
