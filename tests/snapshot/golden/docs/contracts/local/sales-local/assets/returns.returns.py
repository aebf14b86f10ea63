# file: returns/pipeline/returns.py
import returns_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.getActiveSession()


@dp.materialized_view(**contract.table("gold.reasons"))
def reasons():
    return spark.createDataFrame([], contract.columns("gold.reasons"))


@dp.materialized_view(**contract.table("gold.returns"))
@contract.expectations("gold.returns")
def returns():
    return spark.createDataFrame([], contract.columns("gold.returns"))
