# file: payments/payments.py
import payments_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.active()


@dp.materialized_view(**contract.table("gold.payments"))
def payments():
    files = spark.read.format("json").schema(contract.columns("gold.payments"))
    return files.load(contract.volume("payment_files")).where(contract.kept("gold.payments"))
