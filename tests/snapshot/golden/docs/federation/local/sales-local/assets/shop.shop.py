# file: shop/shop.py
import shop_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession


@dp.materialized_view(**contract.table("gold.shop_orders"))
def shop_orders():
    spark = SparkSession.getActiveSession()
    return spark.sql("SELECT '1' AS order_id, 'a' AS account_id, CAST(9.9 AS decimal(18,2)) AS amount")
