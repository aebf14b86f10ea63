# file: pipeline/people.py
import people_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.active()


@dp.materialized_view(**contract.table("gold.people"))
@contract.expectations("gold.people")
def people():
    return spark.read.table("crm.people")


@dp.materialized_view(**contract.table("gold.visits"))
@contract.expectations("gold.visits")
def visits():
    return spark.read.table("crm.visits")


@dp.materialized_view(**contract.table("gold.contracts"))
@contract.expectations("gold.contracts")
def contracts():
    return spark.read.table("crm.contracts")


@dp.materialized_view(**contract.table("gold.reviews"))
@contract.expectations("gold.reviews")
def reviews():
    return spark.read.table("crm.reviews")
