# file: revenue/revenue.py
import revenue_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.getActiveSession()


@dp.materialized_view(**contract.table("gold.revenue"))
def revenue():
    orders = spark.read.table(contract.source("sales.shop.shop_orders"))
    accounts = spark.read.table(contract.source("crm_accounts"))
    rain = spark.read.table(contract.source("rain"))
    receipts = spark.read.format("binaryFile").load(contract.volume("receipts"))
    rates = spark.read.option("databricks.connection", contract.connection("erp")).format("jdbc").load()
    return orders.join(accounts, "account_id").join(rain).join(receipts).join(rates)
