"""What the contract of data product sales.line_items says to its pipeline.

Generated from domains/sales/line_items.odcs.yaml, version 1.0.0. Do not edit: it is made anew with every synthesis.

    from pyspark import pipelines as dp
    import line_items_contract as contract

    @dp.materialized_view(**contract.table("gold.line_items"))
    @contract.expectations("gold.line_items")
    def line_items(): ...
"""

CONTRACT = {
    'gold.line_items': {
        'comment': 'Lines of purchases.\n\nUsage: Revenue by part, supplier and day of shipping.\n\nLimitations: Prices are those of the day of the purchase.',
        'columns': [
            {'name': 'l_orderkey', 'type': 'bigint', 'comment': 'The purchase, see purchases_v2.', 'nullable': False},
            {'name': 'l_partkey', 'type': 'bigint', 'comment': 'The part, see supply.parts.', 'nullable': True},
            {'name': 'l_suppkey', 'type': 'bigint', 'comment': 'The supplier, see supply.suppliers.', 'nullable': True},
            {'name': 'l_linenumber', 'type': 'int', 'comment': 'Number of the line in its purchase.', 'nullable': False},
            {'name': 'l_quantity', 'type': 'decimal(15,2)', 'comment': 'Pieces bought.', 'nullable': True},
            {'name': 'l_extendedprice', 'type': 'decimal(15,2)', 'comment': 'Price of all pieces without discount and tax, in dollars.', 'nullable': True},
            {'name': 'l_discount', 'type': 'decimal(15,2)', 'comment': 'Discount as a fraction of the price.', 'nullable': True},
            {'name': 'l_tax', 'type': 'decimal(15,2)', 'comment': 'Tax as a fraction of the price.', 'nullable': True},
            {'name': 'l_returnflag', 'type': 'string', 'comment': 'R returned, A accepted or N neither yet.', 'nullable': True},
            {'name': 'l_linestatus', 'type': 'string', 'comment': 'O open or F shipped.', 'nullable': True},
            {'name': 'l_shipdate', 'type': 'date', 'comment': 'Day on which it was shipped.', 'nullable': True},
            {'name': 'l_commitdate', 'type': 'date', 'comment': 'Day on which it was promised.', 'nullable': True},
            {'name': 'l_receiptdate', 'type': 'date', 'comment': 'Day on which it was received.', 'nullable': True},
            {'name': 'l_shipinstruct', 'type': 'string', 'comment': 'What the shipper was told.', 'nullable': True},
            {'name': 'l_shipmode', 'type': 'string', 'comment': 'How it was shipped, such as RAIL.', 'nullable': True},
            {'name': 'l_comment', 'type': 'string', 'comment': 'Free text of the warehouse.', 'nullable': True},
        ],
        'primary_key': ['l_orderkey', 'l_linenumber'],
        'expect': {
        },
        'expect_or_drop': {
            'l_orderkey_is_not_null': 'l_orderkey IS NOT NULL',
        },
        'expect_or_fail': {
        },
    },
}


def table(name, foreign_keys=True):
    """Keyword arguments of a dataset decorator: name, comment, schema and layout of a table, `schema.table`.

    Keys are informational: Unity Catalog shows them and does not enforce them. Foreign keys need their table
    to be there already; without them, `foreign_keys=False`.
    """
    entry = CONTRACT[name]
    described = [_ddl(column) for column in entry["columns"]] + list(_keys(name, foreign_keys))
    arguments = {"name": name, "comment": entry["comment"], "schema": ", ".join(described)}
    layout = {key: entry[key] for key in ("cluster_by", "partition_cols") if key in entry}
    return {**arguments, **layout}


def _keys(name, foreign_keys):
    entry, table = CONTRACT[name], name.rpartition(".")[2]
    if "primary_key" in entry:
        yield f"CONSTRAINT {_name(table + '_pk')} PRIMARY KEY ({_names(entry['primary_key'])})"
    for number, key in enumerate(entry.get("foreign_keys", ()) if foreign_keys else (), 1):
        parent = [_spark().conf.get("meshform.catalog"), *key["table"].split(".")]
        yield (
            f"CONSTRAINT {_name(f'{table}_fk{number}')} FOREIGN KEY ({_names(key['columns'])})"
            f" REFERENCES {'.'.join(map(_name, parent))} ({_names(key['references'])})"
        )


def _names(columns):
    return ", ".join(map(_name, columns))


def _name(text):
    return "`" + text.replace("`", "``") + "`"


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
