# file: orders_v2/main.py
import orders_v2_contract as contract
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
files = spark.read.schema(contract.columns("gold.orders_v2")).json(contract.volume("landing"))
contract.save(files, "gold.orders_v2")
