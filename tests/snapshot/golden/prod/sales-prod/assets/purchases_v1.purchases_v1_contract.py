"""What the contract of data product sales.purchases_v1 says to its pipeline.

Generated from domains/sales/purchases_v1.odcs.yaml, version 1.4.0. Do not edit: it is made anew with every synthesis.
Deprecated: it is kept until 2027-06-30. Use sales.purchases_v2 instead.

    from pyspark import pipelines as dp
    import purchases_v1_contract as contract

    @dp.materialized_view(**contract.table("gold.purchases_v1"))
    @contract.expectations("gold.purchases_v1")
    def purchases_v1(): ...
"""

CONTRACT = {
    'gold.purchases_v1': {
        'comment': 'Deprecated: it is kept until 2027-06-30. Use sales.purchases_v2 instead.\n\nPurchases, first version.\n\nUsage: Use purchases_v2: this one goes away on the day of its sunset.\n\nLimitations: Lacks clerk, shipping priority and comment.',
        'columns': [
            {'name': 'o_orderkey', 'type': 'bigint', 'comment': 'Number of the purchase.', 'nullable': False},
            {'name': 'o_custkey', 'type': 'bigint', 'comment': 'Who bought, see buyers.', 'nullable': True},
            {'name': 'o_orderstatus', 'type': 'string', 'comment': 'F finished, O open or P in part.', 'nullable': True},
            {'name': 'o_totalprice', 'type': 'decimal(15,2)', 'comment': 'Price of all lines with discount and tax, in dollars.', 'nullable': True},
            {'name': 'o_orderdate', 'type': 'date', 'comment': 'Day of the purchase.', 'nullable': True},
            {'name': 'o_orderpriority', 'type': 'string', 'comment': 'Priority from 1-URGENT to 5-LOW.', 'nullable': True},
        ],
        'expect': {
        },
        'expect_or_drop': {
            'o_orderkey_is_not_null': 'o_orderkey IS NOT NULL',
        },
        'expect_or_fail': {
        },
    },
}


def table(name):
    """Keyword arguments of a dataset decorator: name, comment and schema of a table, `schema.table`."""
    described = ", ".join(_ddl(column) for column in CONTRACT[name]["columns"])
    return {"name": name, "comment": CONTRACT[name]["comment"], "schema": described}


def expectations(name):
    """Decorator with the quality rules of a table: they warn, drop rows or fail the update."""
    from pyspark import pipelines as dp

    def decorate(function):
        for kind in ("expect", "expect_or_drop", "expect_or_fail"):
            for rule, condition in CONTRACT[name][kind].items():
                function = getattr(dp, kind)(rule, condition)(function)
        return function

    return decorate


def volume(name):
    """Path of a volume of the product in this environment."""
    return _spark().conf.get(f"meshform.volume.{name}")


def columns(name):
    """Names and types of the columns of a table, as a schema for a reader of files."""
    return ", ".join(f"{_quoted(column)} {column['type']}" for column in CONTRACT[name]["columns"])


def source(port):
    """Full name, in this environment, of the input port `domain.product.port`."""
    return _spark().conf.get(f"meshform.input.{port}")


def _ddl(column):
    text = f"{_quoted(column)} {column['type']}{'' if column['nullable'] else ' NOT NULL'}"
    comment = column["comment"].replace("\\", "\\\\").replace("'", "\\'")
    return f"{text} COMMENT '{comment}'" if comment else text


def _quoted(column):
    return "`" + column["name"].replace("`", "``") + "`"


def _spark():
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
