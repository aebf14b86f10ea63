"""Publish buyers from the files that arrive each night."""

import buyers_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.active()


@dp.table(**contract.table("gold.buyers"))
@contract.expectations("gold.buyers")
def buyers():
    """Take every new file."""
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "csv")
        .option("header", True)
        .schema(contract.columns("gold.buyers"))
        .load(contract.volume("buyer_files"))
    )
