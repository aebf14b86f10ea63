# file: returns/returns.py
import returns_contract as contract
from pyspark import pipelines as dp


@dp.materialized_view(**contract.table("gold.returns"))
def returns(): ...
