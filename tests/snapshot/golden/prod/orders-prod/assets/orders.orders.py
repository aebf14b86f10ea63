"""Ingest, clean and publish orders. The contract brings names, comments, columns and expectations."""

import orders_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession
from pyspark.sql.functions import col, to_timestamp

spark = SparkSession.active()


@dp.table(**contract.table("bronze.orders_raw"))
def orders_raw():
    """Take every new file of the landing volume as it is."""
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "json")
        .schema(contract.columns("bronze.orders_raw"))
        .load(contract.volume("landing"))
    )


def typed_orders():
    """Orders with columns of their types."""
    return (
        spark.read.table("bronze.orders_raw")
        .withColumn("order_ts", to_timestamp(col("order_ts")))
        .withColumn("amount", col("amount").cast("decimal(18,2)"))
        .select("order_id", "customer_id", "order_ts", "amount", "currency", "status")
    )


@dp.materialized_view(**contract.table("silver.orders_silver"))
@contract.expectations("silver.orders_silver")
def orders_silver():
    """Keep orders that the contract's rules let through."""
    return typed_orders()


@dp.materialized_view(**contract.table("silver.orders_quarantine"))
@contract.quarantine("silver.orders_silver")
def orders_quarantine():
    """Keep the others, with the names of the rules that they break."""
    return typed_orders()


@dp.materialized_view(**contract.table("gold.orders_gold"))
@contract.expectations("gold.orders_gold")
def orders_gold():
    """Keep orders that count, and add the customer's country."""
    countries = spark.read.table(contract.source("customers.customers.customers")).select(
        "customer_id", "country"
    )
    return (
        spark.read.table("silver.orders_silver")
        .filter(col("status").isin("PAID", "SHIPPED", "REFUNDED"))
        .join(countries, "customer_id", "left")
        .select("order_id", "customer_id", "order_ts", "amount", "currency", "status", "country")
        .where(contract.kept("gold.orders_gold"))
    )
