# SPDX-License-Identifier: Apache-2.0
"""From an evaluated mesh to one Terraform JSON document for each stack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from meshform.governance.evaluate import Evaluation
from meshform.model.environment import Environment
from meshform.model.findings import Finding, MeshformError, Severity
from meshform.model.lock import MeshLock
from meshform.model.renames import before_renames
from meshform.model.resolve import resolve
from meshform.model.resolved import ResolvedMesh
from meshform.terraform.account import add_account
from meshform.terraform.domain import add_domain
from meshform.terraform.external import add_external
from meshform.terraform.grants import Ledger
from meshform.terraform.growth import blocks_of, grown
from meshform.terraform.literals import escape, render
from meshform.terraform.platform import add_platform
from meshform.terraform.renames import renamed_addresses
from meshform.terraform.schema_check import SchemaCheck
from meshform.terraform.stack import Stack


@dataclass(frozen=True, slots=True)
class CompiledStack:
    """A stack as Terraform reads it.

    Attributes:
        name: name of the stack.
        requires: names of the stacks that are deployed before it.
        blocks: Terraform JSON: `resource`, `data`, `variable`, and the lists `import`, `moved` and
            `removed`, where they are not empty.
        assets: files beside it, by relative path.
        makers: path of the construct that each resource is made for, by address, where it is known.
    """

    name: str
    requires: tuple[str, ...]
    blocks: dict[str, Any]
    assets: dict[str, bytes]
    makers: dict[str, str]


@dataclass(frozen=True, slots=True)
class CompiledMesh:
    """Every stack of a mesh in one environment.

    Attributes:
        environment: the environment.
        stacks: by name, in the order of deployment.
        warnings: what was found that does not stop synthesis.
        lock: what holds data in this environment, to be remembered.
    """

    environment: Environment
    stacks: dict[str, CompiledStack]
    warnings: tuple[Finding, ...]
    lock: MeshLock


def compile_mesh(evaluation: Evaluation, lock: MeshLock | None = None) -> CompiledMesh:
    """Compile every stack of the mesh's environment; of the domains only those that were evaluated.

    Args:
        evaluation: the mesh, without errors.
        lock: what held data when the mesh was locked. Default: nobody knows.

    Raises:
        MeshformError: when the evaluation has errors; MF319 when domains read one another in a circle, so
            that their stacks have no order; MF5xx when a block does not fit the provider's schema, or when
            something that holds data would be lost.
    """
    if evaluation.errors:
        raise MeshformError(evaluation.findings)
    mesh, environment = evaluation.mesh, evaluation.mesh.environment
    stacks = _stacks(evaluation, mesh)
    renamed: dict[tuple[str, str], str] = {}
    if before := before_renames(mesh.spec):
        renamed = renamed_addresses(_stacks(evaluation, resolve(before, environment)[0]), stacks)
    lock, refused = grown(lock, stacks, mesh, renamed, whole=evaluation.domain is None)
    check = SchemaCheck(environment.provider_version)
    findings: list[Finding] = [*evaluation.findings, *refused]
    compiled = {name: _compiled(stack, check, findings) for name, stack in stacks.items()}
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise MeshformError(findings)
    for name, blocks in blocks_of(lock).items():
        if name not in compiled:  # of a domain that is retired
            required = environment.account_stack, environment.platform_stack
            compiled[name] = CompiledStack(name, required, {}, {}, {})
        compiled[name].blocks.update(blocks)
    return CompiledMesh(environment, compiled, tuple(findings), lock)


def _stacks(evaluation: Evaluation, mesh: ResolvedMesh) -> dict[str, Stack]:
    """Every stack in the order of deployment, with all its blocks."""
    environment = mesh.environment
    ledger = Ledger(mesh.principal_names)
    account = Stack(environment.account_stack)
    platform = Stack(environment.platform_stack, requires=(account.name,))
    stacks = {account.name: account, platform.name: platform}
    add_account(account, mesh)
    warehouse = add_platform(platform, mesh, ledger)
    add_external(platform, mesh, ledger, evaluation.views, warehouse)
    for name, producers in _in_order(mesh):
        if evaluation.domain not in (None, name):
            continue
        before = (environment.domain_stack(producer) for producer in producers)
        stack = Stack(environment.domain_stack(name), requires=(account.name, platform.name, *before))
        stacks[stack.name] = stack
        add_domain(stack, mesh.domains[name], mesh, ledger, evaluation.views, platform)
    ledger.write(stacks)
    return stacks


def _in_order(mesh: ResolvedMesh) -> Iterator[tuple[str, list[str]]]:
    """Domains after the domains they read, each with those; by name where that leaves a choice."""
    reads = {
        name: sorted({ref.domain for product in domain.products for ref in product.spec.port_inputs} - {name})
        for name, domain in mesh.domains.items()
    }
    done: set[str] = set()
    while len(done) < len(reads):
        ready = sorted(name for name, inputs in reads.items() if name not in done and done.issuperset(inputs))
        if not ready:
            rest = [name for name in reads if name not in done]
            raise MeshformError(
                Finding(
                    code="MF319",
                    summary="domains read one another in a circle, so their stacks have no order",
                    place=mesh.domains[rest[0]].place,
                    got=", ".join(rest),
                    fix="move a product to the domain that it reads, or into a domain of its own",
                )
            )
        for name in ready:
            done.add(name)
            yield name, reads[name]


def _compiled(stack: Stack, check: SchemaCheck, findings: list[Finding]) -> CompiledStack:
    blocks: dict[str, Any] = {}
    for block in stack.with_dependencies():
        findings += check.check(block.kind, block.type, block.body, block.place)
        # an empty map for a type is an error in Terraform JSON, so a type's map is made by its first block
        blocks.setdefault(block.kind, {}).setdefault(block.type, {})[block.name] = render(block.body)
    if imports := [(a, b.import_id) for a, b in sorted(stack.blocks.items()) if b.import_id is not None]:
        blocks["import"] = [{"to": address, "id": escape(import_id)} for address, import_id in imports]
    if stack.variables:
        blocks["variable"] = dict(stack.variables)  # Terraform reads these as they are
    makers = {
        address: path for address, block in stack.blocks.items() if (path := block.place.construct_path)
    }
    return CompiledStack(stack.name, stack.requires, blocks, stack.assets, makers)
