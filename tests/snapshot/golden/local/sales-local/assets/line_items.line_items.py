"""Publish line_items from the files that arrive each night."""

import line_items_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.active()


@dp.table(**contract.table("gold.line_items"))
@contract.expectations("gold.line_items")
def line_items():
    """Take every new file."""
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "csv")
        .option("header", True)
        .schema(contract.columns("gold.line_items"))
        .load(contract.volume("line_item_files"))
    )
