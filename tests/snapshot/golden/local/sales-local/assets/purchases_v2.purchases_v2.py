"""Publish purchases_v2 from the files that arrive each night."""

import purchases_v2_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.active()


@dp.table(**contract.table("gold.purchases_v2"))
@contract.expectations("gold.purchases_v2")
def purchases_v2():
    """Take every new file."""
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "csv")
        .option("header", True)
        .schema(contract.columns("gold.purchases_v2"))
        .load(contract.volume("purchase_files"))
    )
