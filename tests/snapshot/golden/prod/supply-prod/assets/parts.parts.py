"""Publish parts from the files that arrive each night."""

import parts_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.active()


@dp.table(**contract.table("gold.parts"))
@contract.expectations("gold.parts")
def parts():
    """Take every new file."""
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "csv")
        .option("header", True)
        .schema(contract.columns("gold.parts"))
        .load(contract.volume("part_files"))
    )
