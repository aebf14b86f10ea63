# SPDX-License-Identifier: Apache-2.0
"""Checks of a product's job: one SQL file that measures every rule about whole tables.

The file is one statement with a row for each rule, so that a run tells all broken rules at once. A broken
rule of severity `error` fails the task, and so the run, with `raise_error`; others are told in its result.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from meshform.governance.quality_checks import QualityCheck
from meshform.governance.sql_text import parse_statement
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.model.sql_literals import constant, literal
from meshform.terraform.files import workspace_file
from meshform.terraform.platform import find_warehouse
from meshform.terraform.stack import Block, Stack, local_name

TASK = "checks"

_CHECK = """\
  SELECT {object} AS object, {rule} AS rule, {is_error} AS is_error, {expected} AS expected,
    CAST(measured AS STRING) AS measured, coalesce({holds}, FALSE) AS holds
  FROM (SELECT CAST((
{query}
  ) AS {kind}) AS measured)"""

_STATEMENT = """\
-- Generated from the contract, and made anew with every synthesis.
WITH checks AS (
{checks}
), results AS (
  SELECT
    count(*) AS rules,
    count_if(is_error AND NOT holds) AS errors,
    array_join(array_sort(collect_list(CASE WHEN NOT holds THEN concat(
      if(is_error, 'error: ', 'warning: '), rule, ' of ', object, ' ', expected, ', found ',
      coalesce(measured, 'nothing')
    ) END)), '; ') AS broken
  FROM checks
)
SELECT CASE
  WHEN errors > 0 THEN raise_error(concat({failed}, broken))
  ELSE concat(rules, ' quality rules checked', if(broken = '', '', concat('; ', broken)))
END AS result
FROM results;
"""


def checks_sql(product: ResolvedProduct, checks: Iterable[QualityCheck]) -> str:
    """The statement of a product's checks."""
    rows = []
    for check in checks:
        kind = "DOUBLE" if check.numeric else "STRING"
        row = _CHECK.format(
            object=literal(f"{check.table.domain_schema}.{check.table.name}"),
            rule=literal(check.name),
            is_error=constant(check.is_error),
            expected=literal(check.expected),
            holds=check.holds,
            query=check.query,
            kind=kind,
        )
        parse_statement(row)  # one statement, whatever was put in
        rows.append(row)
    return _STATEMENT.format(
        checks="\n  UNION ALL\n".join(rows), failed=literal(f"data quality of {product.address}: ")
    )


def checks_task(
    stack: Stack, product: ResolvedProduct, mesh: ResolvedMesh, checks: tuple[QualityCheck, ...], after: str
) -> tuple[dict[str, Any], Block]:
    """The task of the job that runs the checks after another task, and the file that it runs."""
    path = f"{mesh.workspace_folder(product.domain.name)}/{product.name}.checks.sql"
    content = checks_sql(product, checks).encode()
    file = workspace_file(
        stack, local_name(TASK, product.name), path, f"checks/{product.name}.sql", content, product.place
    )
    task = {
        "task_key": TASK,
        "depends_on": [{"task_key": after}],
        "sql_task": [{"warehouse_id": find_warehouse(stack, mesh).attribute("id"), "file": [{"path": path}]}],
    }
    return task, file
