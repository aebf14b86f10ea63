# file: orders/orders.py
import orders_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession


@dp.materialized_view(**contract.table("gold.orders"))
def orders():
    spark = SparkSession.getActiveSession()
    return spark.sql("SELECT '1' AS order_id, CAST(9.9 AS decimal(18,2)) AS amount")
