# file: pipeline/invoices.py
import invoices_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.active()


@dp.materialized_view(**contract.table("gold.invoices"))
def invoices():
    return spark.createDataFrame([("2026-1", "ada@example.com")], "invoice_id string, payer_email string")
