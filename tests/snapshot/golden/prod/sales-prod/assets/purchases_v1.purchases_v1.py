"""Publish the first version of purchases from the second, until its sunset."""

import purchases_v1_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.active()


@dp.materialized_view(**contract.table("gold.purchases_v1"))
@contract.expectations("gold.purchases_v1")
def purchases_v1():
    """Leave out what the first version did not have."""
    newer = ("o_clerk", "o_shippriority", "o_comment")
    return spark.read.table(contract.source("sales.purchases_v2.purchases_v2")).drop(*newer)
