"""What the contract of data product orders.orders says to its pipeline.

Generated from domains/orders/orders.odcs.yaml, version 1.0.0. Do not edit: it is made anew with every synthesis.

    from pyspark import pipelines as dp
    import orders_contract as contract

    @dp.materialized_view(**contract.table("gold.orders_gold"))
    @contract.expectations("gold.orders_gold")
    def orders_gold(): ...
"""

CONTRACT = {
    'bronze.orders_raw': {
        'comment': 'Orders as the shop wrote them, one row for each line of a file. Internal.',
        'columns': [
            {'name': 'order_id', 'type': 'string', 'comment': 'Number of the order in the shop.', 'nullable': True},
            {'name': 'customer_id', 'type': 'string', 'comment': 'Number of the customer in the shop.', 'nullable': True},
            {'name': 'order_ts', 'type': 'string', 'comment': 'When the order was placed, as text in ISO 8601.', 'nullable': True},
            {'name': 'amount', 'type': 'string', 'comment': 'What the customer pays, as text.', 'nullable': True},
            {'name': 'currency', 'type': 'string', 'comment': 'Currency of the amount, ISO 4217.', 'nullable': True},
            {'name': 'status', 'type': 'string', 'comment': "Where the order stands, in the shop's words.", 'nullable': True},
        ],
        'expect': {
        },
        'expect_or_drop': {
        },
        'expect_or_fail': {
        },
    },
    'silver.orders_silver': {
        'comment': 'Cleaned Orders entity (domain-owned).',
        'columns': [
            {'name': 'order_id', 'type': 'string', 'comment': 'Number of the order in the shop.', 'nullable': True},
            {'name': 'customer_id', 'type': 'string', 'comment': 'Number of the customer in the shop.', 'nullable': True},
            {'name': 'order_ts', 'type': 'timestamp', 'comment': 'When the order was placed.', 'nullable': True},
            {'name': 'amount', 'type': 'decimal(18,2)', 'comment': "What the customer pays, in the order's currency.", 'nullable': True},
            {'name': 'currency', 'type': 'string', 'comment': 'Currency of the amount, ISO 4217.', 'nullable': True},
            {'name': 'status', 'type': 'string', 'comment': 'Where the order stands: PLACED, PAID, SHIPPED, REFUNDED or CANCELLED.', 'nullable': True},
        ],
        'expect': {
            'order_id_is_not_null': 'order_id IS NOT NULL',
            'amount_is_positive': 'amount >= 0',
        },
        'expect_or_drop': {
            'order_ts_is_a_time': 'coalesce((order_ts IS NOT NULL), FALSE)',
        },
        'expect_or_fail': {
        },
    },
    'silver.orders_quarantine': {
        'comment': '',
        'columns': [
            {'name': 'order_id', 'type': 'string', 'comment': 'Number of the order in the shop.', 'nullable': True},
            {'name': 'customer_id', 'type': 'string', 'comment': 'Number of the customer in the shop.', 'nullable': True},
            {'name': 'order_ts', 'type': 'timestamp', 'comment': 'When the order was placed.', 'nullable': True},
            {'name': 'amount', 'type': 'decimal(18,2)', 'comment': "What the customer pays, in the order's currency.", 'nullable': True},
            {'name': 'currency', 'type': 'string', 'comment': 'Currency of the amount, ISO 4217.', 'nullable': True},
            {'name': 'status', 'type': 'string', 'comment': 'Where the order stands: PLACED, PAID, SHIPPED, REFUNDED or CANCELLED.', 'nullable': True},
            {'name': 'broken_rules', 'type': 'array<string>', 'comment': 'Names of the quality rules of orders_silver that the row breaks.', 'nullable': True},
        ],
        'expect': {
        },
        'expect_or_drop': {
        },
        'expect_or_fail': {
        },
    },
    'gold.orders_gold': {
        'comment': 'Orders data product (Gold). Use for revenue, cohort, and fulfillment analytics.\n\nUsage: Use for revenue, cohort and fulfillment analytics. Join customers by customer_id.\n\nLimitations: Orders that are only placed or were cancelled are not in it. Amounts are not converted.',
        'columns': [
            {'name': 'order_id', 'type': 'string', 'comment': 'Number of the order in the shop.', 'nullable': False},
            {'name': 'customer_id', 'type': 'string', 'comment': 'Number of the customer in the shop; joins to customers.customers.', 'nullable': True},
            {'name': 'order_ts', 'type': 'timestamp', 'comment': 'When the order was placed.', 'nullable': True},
            {'name': 'amount', 'type': 'decimal(18,2)', 'comment': "What the customer pays, in the order's currency.", 'nullable': True},
            {'name': 'currency', 'type': 'string', 'comment': 'Currency of the amount, ISO 4217.', 'nullable': True},
            {'name': 'status', 'type': 'string', 'comment': 'Where the order stands: PAID, SHIPPED or REFUNDED.', 'nullable': True},
            {'name': 'country', 'type': 'string', 'comment': 'Country of the customer, ISO 3166-1 alpha-2; empty when it is not known.', 'nullable': True},
        ],
        'primary_key': ['order_id'],
        'kept': '`order_ts` >= timestampadd(MONTH, -36, current_timestamp())',
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


def kept(name):
    """SQL condition of the rows that the retention of a table keeps, for `.where`."""
    return CONTRACT[name]["kept"]


def quarantine(name):
    """Decorator for a quarantine table: of the rows of table `name` it keeps those that a rule drops.

    The function returns the same rows as that of the table; a column with the names of the rules is added.
    """
    from functools import wraps

    from pyspark.sql import functions as f

    def decorate(function):
        @wraps(function)
        def rows():
            broken = [
                f.when(~f.expr(condition), f.lit(rule))
                for rule, condition in CONTRACT[name]["expect_or_drop"].items()
            ]
            told = function().withColumn("broken_rules", f.array_compact(f.array(*broken)))
            return told.filter(f.size("broken_rules") > 0)

        return rows

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
