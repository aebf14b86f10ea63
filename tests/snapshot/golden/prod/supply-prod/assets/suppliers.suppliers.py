"""Publish suppliers from the files that arrive each night."""

import suppliers_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.active()


@dp.table(**contract.table("gold.suppliers"))
@contract.expectations("gold.suppliers")
def suppliers():
    """Take every new file."""
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "csv")
        .option("header", True)
        .schema(contract.columns("gold.suppliers"))
        .load(contract.volume("supplier_files"))
    )
