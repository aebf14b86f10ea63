"""Ingest and publish customers. The contract brings names, comments, columns and expectations."""

import customers_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession
from pyspark.sql.functions import col, to_date, upper

spark = SparkSession.active()


@dp.table(**contract.table("bronze.customers_raw"))
def customers_raw():
    """Take every new file of the landing volume as it is."""
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "json")
        .schema(contract.columns("bronze.customers_raw"))
        .load(contract.volume("landing"))
    )


@dp.materialized_view(**contract.table("gold.customers"))
@contract.expectations("gold.customers")
def customers():
    """Give the columns their types, and countries one way of writing."""
    return (
        spark.read.table("bronze.customers_raw")
        .withColumn("country", upper(col("country")))
        .withColumn("customer_since", to_date(col("customer_since")))
        .select("customer_id", "full_name", "email", "country", "customer_since")
    )
