"""What the contract of data product sales.people says to its pipeline.

Generated from people.odcs.yaml, version 1.0.0. Do not edit: it is made anew with every synthesis.

    from pyspark import pipelines as dp
    import people_contract as contract

    @dp.materialized_view(**contract.table("gold.reviews"))
    @contract.expectations("gold.reviews")
    def reviews(): ...
"""

CONTRACT = {
    'gold.people': {
        'comment': 'Customers of all markets.',
        'columns': [
            {'name': 'person_id', 'type': 'bigint', 'comment': 'Number of the person.', 'nullable': True},
            {'name': 'full_name', 'type': 'string', 'comment': 'Name in full.', 'nullable': True},
            {'name': 'born_on', 'type': 'date', 'comment': 'Day of birth.', 'nullable': True},
            {'name': 'seen_at', 'type': 'timestamp', 'comment': 'Last visit.', 'nullable': True},
            {'name': 'is_vip', 'type': 'boolean', 'comment': 'Whether it is a VIP.', 'nullable': True},
            {'name': 'mail', 'type': 'string', 'comment': 'E-mail address.', 'nullable': True},
            {'name': 'card_number', 'type': 'varchar(20)', 'comment': 'Number of the card.', 'nullable': True},
            {'name': 'note', 'type': 'string', 'comment': 'Note of the support.', 'nullable': True},
            {'name': 'income', 'type': 'decimal(12,2)', 'comment': 'Income of a year.', 'nullable': True},
            {'name': 'street', 'type': 'string', 'comment': 'Street and number.', 'nullable': True},
            {'name': 'market', 'type': 'string', 'comment': 'Country of the market.', 'nullable': True},
        ],
        'expect': {
        },
        'expect_or_drop': {
        },
        'expect_or_fail': {
        },
    },
    'gold.visits': {
        'comment': 'Visits by region.',
        'columns': [
            {'name': 'region', 'type': 'string', 'comment': 'Region of the visit.', 'nullable': True},
            {'name': 'visits', 'type': 'bigint', 'comment': 'Number of visits.', 'nullable': True},
        ],
        'expect': {
        },
        'expect_or_drop': {
        },
        'expect_or_fail': {
        },
    },
    'gold.contracts': {
        'comment': 'Contracts of the tenants.',
        'columns': [
            {'name': 'tenant_id', 'type': 'bigint', 'comment': 'Whose it is.', 'nullable': True},
            {'name': 'signed_on', 'type': 'date', 'comment': 'Day of the signature.', 'nullable': True},
        ],
        'expect': {
        },
        'expect_or_drop': {
        },
        'expect_or_fail': {
        },
    },
    'gold.reviews': {
        'comment': 'What customers say of us.',
        'columns': [
            {'name': 'is_published', 'type': 'boolean', 'comment': 'Whether it is shown.', 'nullable': True},
            {'name': 'stars', 'type': 'int', 'comment': 'Number of stars.', 'nullable': True},
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
