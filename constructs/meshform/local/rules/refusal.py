# SPDX-License-Identifier: Apache-2.0
"""What the local workspace answers when Databricks would refuse."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - an answer of the API that callers expect, not a fault of ours
    """A request that Databricks would refuse; its text reads like the API's and names the object.

    Attributes:
        message: the text.
        code: the API's error code, such as `CATALOG_DOES_NOT_EXIST`.
        status: the HTTP status that goes with it.
    """

    def __init__(self, message: str, code: str = "INVALID_PARAMETER_VALUE", status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status


def noun(type_: str) -> str:
    """What messages call an object of a Terraform type: `sql table` of `databricks_sql_table`."""
    return type_.removeprefix("databricks_").replace("_", " ")


def does_not_exist(label: str, name: str, hint: str = "") -> Refusal:
    """The refusal that names what is missing: `Table 'orders.gold.x' does not exist.`"""
    code = f"{label.upper().replace(' ', '_')}_DOES_NOT_EXIST"
    return Refusal(f"{label} '{name}' does not exist.{' ' + hint if hint else ''}", code, 404)


def already_exists(label: str, name: str) -> Refusal:
    """The refusal of a second object of one name."""
    return Refusal(
        f"{label} '{name}' already exists", f"{label.upper().replace(' ', '_')}_ALREADY_EXISTS", 409
    )
