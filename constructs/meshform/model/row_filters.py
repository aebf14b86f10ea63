# SPDX-License-Identifier: Apache-2.0
"""A library of row filters: who sees which rows, by the value of one column.

A row whose value is NULL is seen only by those who are exempt. Source: Databricks documentation, "Common
patterns for row filtering and column masking"; SQL language reference, `is_account_group_member`,
`session_user`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from meshform.model.names import quote
from meshform.model.policy import RowFilter
from meshform.model.sql_literals import constant, literal

_Value = int | str


class LibraryFilter(RowFilter):
    """Base of the row filters of the library: they make their body themselves."""

    body: Literal[""] = ""

    @property
    def values(self) -> tuple[_Value, ...]:
        """The values of the column that it knows."""
        return ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups whose members see something."""
        return ()


class ValuesFilter(LibraryFilter):
    """Everybody sees the rows with some values, such as those of the home market, and nothing else.

    Attributes:
        shown: these values: texts, or whole numbers for a column of numbers.
    """

    shown: tuple[_Value, ...] = Field(min_length=1)

    @property
    def values(self) -> tuple[_Value, ...]:
        """Those that are shown."""
        return self.shown

    def expression(self, schema: str) -> str:  # noqa: ARG002
        """`value IN (...)`."""
        return f"coalesce(value IN ({', '.join(map(constant, self.shown))}), FALSE)"


class GroupsFilter(LibraryFilter):
    """Members of a group see the rows with its value, such as those of their region or tenant.

    Attributes:
        seen_by: the groups, by value: texts, or whole numbers for a column of numbers. The members of each
            see the rows with that value; rows with another value are seen by nobody.
    """

    seen_by: Mapping[_Value, tuple[str, ...]] = Field(min_length=1)

    @property
    def values(self) -> tuple[_Value, ...]:
        """Those that somebody sees."""
        return tuple(self.seen_by)

    @property
    def groups(self) -> tuple[str, ...]:
        """Each once, in order."""
        return tuple(dict.fromkeys(group for groups in self.seen_by.values() for group in groups))

    def expression(self, schema: str) -> str:  # noqa: ARG002
        """A CASE over the values; each group is asked for by its name in the account."""
        cases = (
            f"WHEN {constant(value)} THEN "
            + (" OR ".join(f"is_account_group_member({literal(group)})" for group in groups) or "FALSE")
            for value, groups in self.seen_by.items()
        )
        return f"CASE value {' '.join(cases)} ELSE FALSE END"


class MappingFilter(LibraryFilter):
    """A table says who sees which value; it stands beside the functions in the platform's schema.

    Meshform makes the table, with the columns `allowed_value` and `reader`, and never its rows. A reader is
    the name of a group, a user's e-mail address or the application id of a service principal. Only a policy
    of the mesh may have one.

    Attributes:
        table: name of the table. Default: `<name>_access`.
        writers: principals that keep its rows (SELECT and MODIFY).
    """

    table: str = ""
    writers: tuple[str, ...] = ()

    @property
    def table_name(self) -> str:
        """Name of the table in the platform's schema."""
        return self.table or f"{self.name}_access"

    def expression(self, schema: str) -> str:
        """Whether the table has a row for the value and the reader, or a group of the reader.

        The parameter is called `value`; a column of the table with that name would be compared with itself.
        """
        table = ".".join(map(quote, [*schema.split("."), self.table_name]))
        return (
            f"EXISTS (SELECT 1 FROM {table} AS access WHERE access.allowed_value = value AND"  # noqa: S608
            " (access.reader = session_user() OR is_account_group_member(access.reader)))"
        )
