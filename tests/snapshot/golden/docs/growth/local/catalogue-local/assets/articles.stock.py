# file: legacy/pipeline/stock.py
import stock_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.getActiveSession()


@dp.materialized_view(**contract.table("gold.stock"))
def stock():
    return spark.range(1).selectExpr("'4711' AS article")
