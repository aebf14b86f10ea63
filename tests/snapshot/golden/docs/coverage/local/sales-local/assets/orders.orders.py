# file: pipeline/orders.py
import orders_contract as contract
from pyspark import pipelines as dp


@dp.materialized_view(**contract.table("gold.orders"))
@contract.expectations("gold.orders")
def orders(): ...
