# file: ledger/main.py
import ledger_contract as contract
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
net_amount = contract.source("sales.rates.net_amount")
lists = spark.read.format("binaryFile").load(contract.source("sales.rates.price_lists"))
