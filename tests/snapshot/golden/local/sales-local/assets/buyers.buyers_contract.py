"""What the contract of data product sales.buyers says to its pipeline.

Generated from domains/sales/buyers.odcs.yaml, version 1.0.0. Do not edit: it is made anew with every synthesis.

    from pyspark import pipelines as dp
    import buyers_contract as contract

    @dp.materialized_view(**contract.table("gold.buyers"))
    @contract.expectations("gold.buyers")
    def buyers(): ...
"""

CONTRACT = {
    'gold.buyers': {
        'comment': 'Buyers of parts.\n\nUsage: Look up the buyer of a purchase, its nation and its market segment.\n\nLimitations: Names, addresses and telephones are masked for most readers.',
        'columns': [
            {'name': 'c_custkey', 'type': 'bigint', 'comment': 'Number of the buyer.', 'nullable': False},
            {'name': 'c_name', 'type': 'string', 'comment': 'Name of the buyer.', 'nullable': True},
            {'name': 'c_address', 'type': 'string', 'comment': 'Street and house of the buyer.', 'nullable': True},
            {'name': 'c_nationkey', 'type': 'bigint', 'comment': 'Nation of the buyer, see geography.nations.', 'nullable': True},
            {'name': 'c_phone', 'type': 'string', 'comment': 'Telephone of the buyer.', 'nullable': True},
            {'name': 'c_acctbal', 'type': 'decimal(15,2)', 'comment': "Balance of the buyer's account, in dollars; may be negative.", 'nullable': True},
            {'name': 'c_mktsegment', 'type': 'string', 'comment': 'Market segment: AUTOMOBILE, BUILDING, FURNITURE, HOUSEHOLD or MACHINERY.', 'nullable': True},
            {'name': 'c_comment', 'type': 'string', 'comment': 'Free text of the sales department.', 'nullable': True},
        ],
        'primary_key': ['c_custkey'],
        'expect': {
        },
        'expect_or_drop': {
            'c_custkey_is_not_null': 'c_custkey IS NOT NULL',
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
