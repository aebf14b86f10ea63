# SPDX-License-Identifier: Apache-2.0
"""What a stack's deployer needs, read off the compiled stack, and what gives it that.

Sources: Databricks documentation, "Unity Catalog privileges and securable objects", "Access control lists"
and "Roles for managing service principals"; API reference, "Update access request destinations".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from meshform.model.policy import MASK_TYPE_TAG, ROW_FILTER_TAG
from meshform.model.resolved import ResolvedDomain, ResolvedMesh
from meshform.terraform.compile import CompiledMesh, CompiledStack
from meshform.terraform.stack import local_name


class Right(NamedTuple):
    """A privilege, permission or role: what it is on (kind and name), and its name."""

    kind: str
    name: str
    privilege: str


@dataclass(frozen=True, slots=True)
class Need:
    """A right that a deployer needs.

    Attributes:
        right: the right.
        because: addresses in its stack that need it; none for what every deployment needs.
        given: what gives it that; None when nothing in the mesh does, so that somebody must by hand.
    """

    right: Right
    because: tuple[str, ...]
    given: str | None


def deployer_needs(compiled: CompiledMesh, mesh: ResolvedMesh, domain: ResolvedDomain) -> list[Need]:
    """Everything that the deployer of a domain's stack needs, sorted, each once."""
    name = domain.spec.deployer or mesh.environment.deployer
    stack = compiled.stacks[mesh.environment.domain_stack(domain.name)]
    because: dict[Right, list[str]] = {Right("workspace", "", "access"): []}
    governed = {
        Right("governed tag", body["tag_key"], "ASSIGN")
        for one in compiled.stacks.values()
        for _, type_, body in _resources(one)
        if type_ == "databricks_tag_policy"
    }
    for address, type_, body in _resources(stack):
        for right in _rights(type_, body):
            if right.kind == "governed tag" and right not in governed:
                continue  # anybody who may tag the object may use a free tag
            because.setdefault(right, []).append(address)
            for container in _containers(right):
                because.setdefault(container, [])
    giver = _Giver(compiled, mesh, name, stack)
    return [Need(right, tuple(sorted(of)), giver.gives(right)) for right, of in sorted(because.items())]


def _resources(stack: CompiledStack) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for type_, blocks in stack.blocks.get("resource", {}).items():
        for name, body in blocks.items():
            yield f"{type_}.{name}", type_, body


def _containers(right: Right) -> Iterator[Right]:
    """USE of what a securable is in."""
    parts = right.name.split(".")
    if right.kind in _INSIDE:
        yield Right("catalog", parts[0], "USE_CATALOG")
        if len(parts) > 1:
            yield Right("schema", ".".join(parts[:2]), "USE_SCHEMA")
    elif right.kind == "catalog":
        yield Right("catalog", parts[0], "USE_CATALOG")


def _rights(type_: str, body: Mapping[str, Any]) -> Iterator[Right]:
    """The rights that making, changing and removing one resource takes."""
    if type_ == "terraform_data":
        return  # it runs a job of the stack
    if rights := BY_TYPE.get(type_):
        yield from rights(body)
    else:
        yield Right("resource", type_, "see the provider's documentation")
    if "warehouse_id" in body:
        yield Right("warehouse", "the platform's", "CAN_USE")
    for run_as in _blocks(body, "run_as"):
        yield Right("service principal", str(run_as.get("service_principal_name")), "servicePrincipal.user")


def _blocks(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = body.get(name) or []
    return [found] if isinstance(found, Mapping) else found


def _schema_of(body: Mapping[str, Any]) -> str:
    return f"{body['catalog_name']}.{body['schema_name']}"


def _table(body: Mapping[str, Any]) -> Iterator[Right]:
    yield Right("schema", _schema_of(body), "CREATE_TABLE")
    if definition := body.get("view_definition"):
        from sqlglot import exp, parse_one

        for table in parse_one(definition, read="databricks").find_all(exp.Table):
            if (
                table.catalog
            ):  # our views name what they read in full, and what they define themselves shortly
                yield Right("table", f"{table.catalog}.{table.db}.{table.name}", "SELECT")


def _grants(body: Mapping[str, Any]) -> Iterator[Right]:
    for kind in ("catalog", "schema", "table", "volume", "function", "share"):
        if kind in body:
            yield Right(kind, body[kind], "owner" if kind == "share" else "MANAGE")


def _policy(body: Mapping[str, Any]) -> Iterator[Right]:
    yield Right(body["on_securable_type"].lower(), body["on_securable_fullname"], "MANAGE")
    for part in ("column_mask", "row_filter"):
        for call in _blocks(body, part):
            yield Right("schema", call["function_name"].rpartition(".")[0], "CREATE_FUNCTION")


def _tag(body: Mapping[str, Any]) -> Iterator[Right]:
    kind, name = body["entity_type"], body["entity_name"]
    if kind == "columns":
        kind, name = "tables", ".".join(name.split(".", 3)[:3])
    yield Right(kind.removesuffix("s"), name, "APPLY_TAG")
    yield Right("governed tag", body["tag_key"], "ASSIGN")


_SHARED = {
    "FUNCTION": ("function", "EXECUTE"),
    "MODEL": ("function", "EXECUTE"),
    "SCHEMA": ("schema", "SELECT"),
    "VOLUME": ("volume", "READ_VOLUME"),
}


def _share(body: Mapping[str, Any]) -> Iterator[Right]:
    yield Right("metastore", "", "CREATE_SHARE")
    for item in _blocks(body, "object"):
        kind, privilege = _SHARED.get(item["data_object_type"], ("table", "SELECT"))
        yield Right(kind, item["name"], privilege)


def _pipeline(body: Mapping[str, Any]) -> Iterator[Right]:
    if "catalog" in body and "schema" in body:
        yield Right("schema", f"{body['catalog']}.{body['schema']}", "CREATE_TABLE")


def _job(body: Mapping[str, Any]) -> Iterator[Right]:
    if any(_blocks(task, "sql_task") for task in _blocks(body, "task")):
        yield Right("warehouse", "the platform's", "CAN_USE")


def _requests(body: Mapping[str, Any]) -> Iterator[Right]:
    securable = body["securable"]
    yield Right(securable["type"].lower(), securable["full_name"], "MANAGE")


def _file(body: Mapping[str, Any]) -> Iterator[Right]:
    yield Right("folder", body["path"].rpartition("/")[0], "write")


def _nothing(_body: Mapping[str, Any]) -> Iterator[Right]:
    """Anybody in the workspace may make it, and its maker says who else may use it."""
    return iter(())


BY_TYPE: dict[str, Callable[[Mapping[str, Any]], Iterator[Right]]] = {
    "databricks_alert_v2": _nothing,
    "databricks_data_quality_monitor": _nothing,  # who makes a schema manages it
    "databricks_entity_tag_assignment": _tag,
    "databricks_grant": _grants,
    "databricks_grants": _grants,
    "databricks_job": _job,
    "databricks_permissions": _nothing,
    "databricks_pipeline": _pipeline,
    "databricks_policy_info": _policy,
    "databricks_recipient": lambda _body: iter([Right("metastore", "", "CREATE_RECIPIENT")]),
    "databricks_rfa_access_request_destinations": _requests,
    "databricks_schema": lambda body: iter([Right("catalog", body["catalog_name"], "CREATE_SCHEMA")]),
    "databricks_share": _share,
    "databricks_sql_table": _table,
    "databricks_volume": lambda body: iter([Right("schema", _schema_of(body), "CREATE_VOLUME")]),
    "databricks_workspace_file": _file,
}


class _Giver:
    """What gives rights to a deployer: blocks of the mesh's stacks, and what it or a group of it owns."""

    def __init__(self, compiled: CompiledMesh, mesh: ResolvedMesh, name: str, own: CompiledStack) -> None:
        self._mesh, self._name = mesh, name
        registry = mesh.spec.principals
        groups = [group.name for group in registry.groups if name in registry.with_members([group.name])]
        self._ids = {mesh.principal_id(name), *groups}
        self._granted: dict[Right, str] = {}
        self._owned: dict[tuple[str, str], str] = {}
        # its own stack last: what that grants, it must be able to grant
        for stack in sorted(compiled.stacks.values(), key=lambda stack: stack is own):
            for address, type_, body in _resources(stack):
                for right in self._rights_given(type_, body, stack is own):
                    self._granted.setdefault(right, f"{address} of {stack.name}")
                if (kind := _OWNED.get(type_)) and body.get("owner") in self._ids:
                    parts = (body.get(part) for part in ("catalog_name", "schema_name", "name"))
                    self._owned[kind, ".".join(part for part in parts if part)] = body["owner"]

    def gives(self, right: Right) -> str | None:
        """What gives a right; None when nothing does."""
        places = [(right.kind, right.name)]
        if right.kind in _INSIDE:
            parts = right.name.split(".")
            places += [("schema", ".".join(parts[:2])), ("catalog", parts[0])]
        for kind, name in places:
            if found := self._granted.get(Right(kind, name, right.privilege)):
                return found
            # who owns what it is in may manage it, and has nothing else there
            is_owner = right.privilege == "MANAGE" or (kind, name) == (right.kind, right.name)
            if is_owner and (owner := self._owned.get((kind, name))):
                return f"{owner} owns {kind} {name}"
        if right.kind == "share":
            return "it makes the share"
        if right.kind == "folder" and f"{right.name}/".startswith(_EVERYBODYS):
            return "every user of the workspace may write there"
        if self._name == self._mesh.environment.deployer:
            if right.kind == "warehouse" and self._mesh.spec.platform.warehouse.create:
                return "it makes the warehouse"
            if right.kind == "metastore" and self._mesh.environment.metastore_admin:
                return "it is an admin of the metastore"
        return None

    def _rights_given(self, type_: str, body: Mapping[str, Any], is_own: bool) -> Iterator[Right]:
        if type_ in ("databricks_grant", "databricks_grants"):
            for kind in (kind for kind in ("metastore", "catalog", *_INSIDE) if kind in body):
                for grant in _blocks(body, "grant") or [body]:
                    for privilege in grant["privileges"] if grant["principal"] in self._ids else ():
                        if not is_own or privilege != "MANAGE":
                            yield Right(kind, "" if kind == "metastore" else body[kind], privilege)
        elif type_ == "databricks_access_control_rule_set":
            named = {one.partition("/")[2] for rule in body["grant_rules"] for one in rule["principals"]}
            for key in (self._mesh.spec.classification_tag, MASK_TYPE_TAG, ROW_FILTER_TAG):
                if f"databricks_tag_policy.{local_name(key)}.id" in body["name"] and self._ids & named:
                    yield Right("governed tag", key, "ASSIGN")
        elif type_ == "databricks_permissions" and "sql_endpoint_id" in body:
            for entry in body["access_control"]:
                if self._ids & {entry.get("group_name"), entry.get("service_principal_name")}:
                    yield Right("warehouse", "the platform's", entry["permission_level"])


_INSIDE = ("schema", "table", "volume", "function")
_OWNED = {
    "databricks_catalog": "catalog",
    "databricks_schema": "schema",
    "databricks_sql_table": "table",
    "databricks_volume": "volume",
}
_EVERYBODYS = ("/Shared/", "/Workspace/Shared/")
