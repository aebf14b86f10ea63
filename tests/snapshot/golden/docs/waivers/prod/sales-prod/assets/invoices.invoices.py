# file: sales/pipeline/invoices.py
import invoices_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.getActiveSession()


@dp.materialized_view(**contract.table("gold.invoices"))
def invoices():
    return spark.range(1).selectExpr("'2030-1' AS invoice", "'A' AS legacy_code")
