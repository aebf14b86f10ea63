"""What the contract of data product sales.orders says to its pipeline.

Generated from orders.odcs.yaml, version 1.0.0. Do not edit: it is made anew with every synthesis.

    from pyspark import pipelines as dp
    import orders_contract as contract

    @dp.materialized_view(**contract.table("gold.orders"))
    @contract.expectations("gold.orders")
    def orders(): ...
"""

CONTRACT = {
    'gold.orders': {
        'comment': 'Every order of the shop, one row each.',
        'columns': [
            {'name': 'order_id', 'type': 'string', 'comment': 'Number of the order.', 'nullable': True},
            {'name': 'email', 'type': 'string', 'comment': 'Address of the buyer.', 'nullable': True},
        ],
        'expect': {
        },
        'expect_or_drop': {
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
