# file: trips/trips.py
from pyspark import pipelines as dp

import trips_contract as contract


@dp.table(**contract.table("silver.positions"))
def positions():
    return spark.readStream.format("cloudFiles").option("cloudFiles.format", "json").load(contract.volume("raw"))


@dp.materialized_view(**contract.table("gold.trips"))
def trips():
    return spark.read.table(contract.name("silver.positions")).selectExpr("van", "seen_at AS started_at")
