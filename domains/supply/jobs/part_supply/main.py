"""Publish who supplies which part, from the newest files."""

import part_supply_contract as contract
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
rows = (
    spark.read.option("header", True)
    .schema(contract.columns("gold.part_supply"))
    .csv(contract.volume("part_supply_files"))
)
contract.save(rows, "gold.part_supply")
