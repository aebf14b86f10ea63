"""What the contract of data product sales.returns says to its pipeline.

Generated from returns.odcs.yaml, version 1.0.0. Do not edit: it is made anew with every synthesis.

    from pyspark import pipelines as dp
    import returns_contract as contract

    @dp.materialized_view(**contract.table("gold.returns"))
    @contract.expectations("gold.returns")
    def returns(): ...
"""

CONTRACT = {
    'gold.returns': {
        'comment': 'Every order that came back.',
        'columns': [
            {'name': 'order_id', 'type': 'string', 'comment': 'Number of the order.', 'nullable': True},
            {'name': 'reason', 'type': 'string', 'comment': 'Why it came back.', 'nullable': True},
            {'name': 'country', 'type': 'string', 'comment': 'Where it came from.', 'nullable': True},
        ],
        'partition_cols': ['reason', 'country'],
        'expect': {
        },
        'expect_or_drop': {
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
