# file: pipeline/invoices.py
import invoices_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession

spark = SparkSession.active()


def typed_invoices():
    return spark.read.format("json").schema("invoice_id string, amount decimal(18,2), issued_at timestamp").load(
        contract.volume("invoice_files")
    )


@dp.materialized_view(**contract.table("silver.invoices_typed"))
@contract.expectations("silver.invoices_typed")
def invoices_typed():
    return typed_invoices()


@dp.materialized_view(**contract.table("silver.invoices_quarantine"))
@contract.quarantine("silver.invoices_typed")
def invoices_quarantine():
    return typed_invoices()


@dp.materialized_view(**contract.table("gold.invoices"))
@contract.expectations("gold.invoices")
def invoices():
    return spark.read.table("silver.invoices_typed")
