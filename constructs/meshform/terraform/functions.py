# SPDX-License-Identifier: Apache-2.0
"""SQL functions and the ABAC policies that use them.

The provider cannot create a SQL function, so the DDL goes into a workspace file, a job runs that file, and a
step starts the job during apply. What a step made is dropped by a second `terraform_data` at destroy, or its
schema would not be empty then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from meshform.governance.expressions import PARAMETER
from meshform.model.environment import Environment
from meshform.model.findings import Place
from meshform.model.masks import slug
from meshform.model.policy import MASK_TYPE_TAG, ROW_FILTER_TAG, Classification, MaskFunction, RowFilter
from meshform.model.resolved import ResolvedMesh
from meshform.model.row_filters import LibraryFilter
from meshform.terraform.files import workspace_file
from meshform.terraform.literals import Reference
from meshform.terraform.sql import create_function
from meshform.terraform.stack import FUNCTIONS, PREPARE, PROTECT, Block, Stack, local_name


@dataclass(frozen=True, slots=True)
class Protection:
    """A mask or a row filter on a catalog: the function that it runs, and the columns that it meets.

    Attributes:
        function: what it runs.
        tag_key, tag_value: the tag of the columns that it meets.
        exempt: whom it does not meet, as Unity Catalog names them.
        place: where it was declared.
        kind: for a mask, the value of MASK_TYPE_TAG that these columns have too. Default: they are those
            that no other mask of their class meets, whatever their type.
        other_kinds: for a mask without `kind`, the types that other masks of the class meet.
    """

    function: MaskFunction | RowFilter
    tag_key: str
    tag_value: str
    exempt: tuple[str, ...]
    place: Place
    kind: str = ""
    other_kinds: tuple[str, ...] = ()

    @property
    def is_mask(self) -> bool:
        """True for a column mask, False for a row filter."""
        return isinstance(self.function, MaskFunction)

    @property
    def name(self) -> tuple[str, ...]:
        """Name of its policy, in parts."""
        of = f"{'mask' if self.is_mask else 'filter'}_{self.tag_value}"
        return (of, self.kind) if self.kind else (of,)

    @property
    def condition(self) -> str:
        """The condition on the tags of a column that it meets: no two masks of a class meet one column."""
        tagged = _has_tag_value(self.tag_key, self.tag_value)
        if self.kind:
            return f"{tagged} AND {_has_tag_value(MASK_TYPE_TAG, self.kind)}"
        if not self.other_kinds:
            return tagged
        others = " OR ".join(_has_tag_value(MASK_TYPE_TAG, kind) for kind in self.other_kinds)
        return f"{tagged} AND NOT ({others})"


def masks_of(declared: Classification, mesh: ResolvedMesh, place: Place) -> list[Protection]:
    """The protections of a class of columns: none without a mask, else that of its base type first."""
    exempt = _ids(declared.exempt, mesh)
    functions = mesh.mask_functions.get(declared.name, {})
    kinds = {kind: slug(kind) for kind in functions if kind != declared.base_type}
    return [
        Protection(
            function,
            mesh.spec.classification_tag,
            declared.name,
            exempt,
            place,
            kinds.get(kind, ""),
            () if kind in kinds else tuple(sorted(kinds.values())),
        )
        for kind, function in functions.items()
    ]


def filter_of(declared: RowFilter, mesh: ResolvedMesh, place: Place) -> Protection:
    """The protection by a row filter."""
    return Protection(declared, ROW_FILTER_TAG, declared.name, _ids(declared.exempt, mesh), place)


def _ids(names: Iterable[str], mesh: ResolvedMesh) -> tuple[str, ...]:
    return tuple(sorted({name_id for name in names if (name_id := mesh.principal_id(name))}))


def add_functions(
    stack: Stack,
    mesh: ResolvedMesh,
    protections: Iterable[Protection],
    *,
    schema: Block,
    folder: str,
    warehouse_id: Reference,
    place: Place,
) -> None:
    """Add the functions of some protections: their file, the job and step that run it, the clean-up."""
    catalog, schema_name = schema.body["catalog_name"], schema.body["name"]
    prefix = f"{catalog}.{schema_name}"
    functions = {p.function.name: p.function for p in protections}
    if not functions:
        return
    ddl = {
        f"{prefix}.{function.name}": create_function(
            f"{prefix}.{function.name}",
            [(PARAMETER, function.data_type)],
            function.data_type if isinstance(function, MaskFunction) else "BOOLEAN",
            function.body if isinstance(function, MaskFunction) else function.expression(prefix),
            function.comment,
            is_ours=isinstance(function, LibraryFilter),
        )
        for function in functions.values()
    }
    run_ddl(
        stack,
        mesh,
        ddl,
        schema=schema,
        path=f"{folder}/functions.sql",
        of="",
        job_name=f"{stack.name.removesuffix('-' + mesh.environment.name)}_functions",
        description="Makes the functions of masks and row filters.",
        label=f"the functions of {prefix}",
        warehouse_id=warehouse_id,
        place=place,
    )


def run_ddl(
    stack: Stack,
    mesh: ResolvedMesh,
    ddl: Mapping[str, str],
    *,
    schema: Block,
    path: str,
    of: str,
    job_name: str,
    description: str,
    label: str,
    warehouse_id: Reference,
    place: Place,
) -> None:
    """Add what makes functions: the file of their DDL, the job and step that run it, the clean-up.

    Args:
        stack: the stack that makes them.
        mesh: the mesh that it belongs to.
        ddl: the statement that makes each function, by its full name.
        schema: the schema that holds them.
        path: path of the file in the workspace.
        of: whose functions these are, a part of the addresses; empty for those of policies.
        job_name: name of the job, without environment.
        description: what the job is for.
        label: what the step is for, in lines of progress.
        warehouse_id: where the statements run.
        place: where the functions were declared.
    """

    def named(*parts: str) -> str:
        return local_name(*parts, of) if of else "_".join(parts)

    text = "".join(f"{statement};\n\n" for _, statement in sorted(ddl.items())).removesuffix("\n").encode()
    name, asset = named("functions"), f"{of}.functions.sql" if of else "functions.sql"
    file = workspace_file(stack, name, path, asset, text, place)
    job = stack.resource(
        "databricks_job",
        name,
        {
            "name": mesh.environment.scoped(job_name),
            "description": description,
            "max_concurrent_runs": 1,
            "queue": [{"enabled": True}],
            "task": [
                {
                    "task_key": "functions",
                    "sql_task": [{"warehouse_id": warehouse_id, "file": [{"path": path}]}],
                }
            ],
        },
        place,
        after=[file.address],
    )
    if mesh.environment.first_run == "apply":  # else nothing runs where Terraform does
        stack.resource(
            "terraform_data",
            named("functions", "clean_up"),
            {
                "input": json.dumps(sorted(ddl)),
                "provisioner": [
                    {
                        "local-exec": {
                            "when": "destroy",
                            "command": "meshform step drop-functions",
                            "environment": {
                                "MESHFORM_STEP_FUNCTIONS": Reference("${self.output}"),
                                "MESHFORM_ENV": mesh.environment.name,
                            },
                        }
                    }
                ],
            },
            place,
            rank=PREPARE,
            after=[schema.address],
        )
    stack.step(
        name,
        run_job_step(job, sha256(text).hexdigest(), label, mesh.environment, schemas=[schema]),
        place,
        rank=FUNCTIONS,
    )


def run_job_step(
    job: Block,
    digest: str,
    label: str,
    environment: Environment,
    *,
    schemas: Iterable[Block] = (),
    only: str | None = None,
    **triggers: Reference,
) -> dict[str, Any]:
    """The body of a step that runs a job once for each digest and set of triggers, and waits for it.

    With `only` it runs that one task of the job.

    It runs again when one of the schemas was made anew: what it made there is gone.

    Where first runs are manual it runs nothing, and is still the barrier that keeps the order.
    """
    job_id = job.attribute("id")
    made_in = {f"schema_{schema.name}": schema.attribute("schema_id") for schema in schemas}
    body: dict[str, Any] = {"triggers_replace": {"digest": digest, "job": job_id, **made_in, **triggers}}
    if environment.first_run == "manual":
        # turning to first runs during apply later makes the step new, and so runs it
        body["triggers_replace"]["first_run"] = "manual"
        return body
    variables = {
        "MESHFORM_STEP_JOB_ID": job_id,
        # all of the triggers, so that a step never takes the run of another pipeline for its own
        "MESHFORM_STEP_DIGEST": Reference("${jsonencode(self.triggers_replace)}"),
        "MESHFORM_STEP_LABEL": label,
        "MESHFORM_ENV": environment.name,
    }
    if only:
        variables["MESHFORM_STEP_ONLY"] = only
    command = {"command": "meshform step run-job", "environment": variables}
    return {**body, "provisioner": [{"local-exec": command}]}


def add_policy(
    stack: Stack, protection: Protection, *, on: tuple[str, str], function_prefix: str, after: Iterable[str]
) -> Block:
    """Add the ABAC policy of a protection on a catalog or schema: it also covers tables that are made later.

    Args:
        stack: the stack that makes it.
        protection: what it does.
        on: type (`CATALOG` or `SCHEMA`) and full name of what it is on.
        function_prefix: catalog and schema of its function.
        after: addresses of what it must follow.
    """
    function = f"{function_prefix}.{protection.function.name}"
    alias = "value"
    body: dict[str, Any] = {
        "name": "__".join(protection.name),
        "on_securable_type": on[0],
        "on_securable_fullname": on[1],
        "for_securable_type": "TABLE",
        "to_principals": ["account users"],
        "except_principals": list(protection.exempt) or None,
        "match_columns": [{"alias": alias, "condition": protection.condition}],
        "comment": protection.function.comment or None,
    }
    if protection.is_mask:
        body |= {
            "policy_type": "POLICY_TYPE_COLUMN_MASK",
            "column_mask": {"function_name": function, "on_column": alias, "using": []},
        }
    else:
        body |= {
            "policy_type": "POLICY_TYPE_ROW_FILTER",
            "row_filter": {"function_name": function, "using": [{"alias": alias}]},
        }
    return stack.resource(
        "databricks_policy_info",
        # the provider cannot rename or move a policy, so both are part of its address
        local_name(*on[1].split("."), *protection.name),
        body,
        protection.place,
        rank=PROTECT,
        after=after,
        lifecycle={"create_before_destroy": True},
    )


def _has_tag_value(key: str, value: str) -> str:
    quoted = [part.replace("\\", "\\\\").replace("'", "\\'") for part in (key, value)]
    return f"has_tag_value('{quoted[0]}', '{quoted[1]}')"
