# file: shop/pipeline/shop.py
import shop_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.getActiveSession()


@dp.materialized_view(**contract.table("gold.customers"))
@contract.expectations("gold.customers")
def customers():
    return spark.createDataFrame([], contract.columns("gold.customers"))


@dp.materialized_view(**contract.table("gold.orders"))
@contract.expectations("gold.orders")
def orders():
    return spark.createDataFrame([], contract.columns("gold.orders"))
