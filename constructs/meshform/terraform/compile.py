# SPDX-License-Identifier: Apache-2.0
"""From an evaluated mesh to one Terraform JSON document for each stack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from meshform.governance.evaluate import Evaluation
from meshform.model.findings import Finding, MeshformError
from meshform.model.resolved import ResolvedMesh
from meshform.terraform.account import add_account
from meshform.terraform.domain import add_domain
from meshform.terraform.grants import Ledger
from meshform.terraform.literals import render
from meshform.terraform.platform import add_platform
from meshform.terraform.schema_check import SchemaCheck
from meshform.terraform.stack import Stack


@dataclass(frozen=True, slots=True)
class CompiledStack:
    """A stack as Terraform reads it.

    Attributes:
        name: name of the stack.
        requires: names of the stacks that are deployed before it.
        document: the Terraform JSON: `terraform`, `provider`, `resource` and `data`.
        assets: files beside it, by relative path.
    """

    name: str
    requires: tuple[str, ...]
    document: dict[str, Any]
    assets: dict[str, bytes]


def compile_mesh(evaluation: Evaluation) -> dict[str, CompiledStack]:
    """Compile every stack of the mesh's environment, in the order of deployment.

    Raises:
        MeshformError: when the evaluation has errors; MF319 when domains read one another in a circle, so that
            their stacks have no order; MF5xx when a block does not fit the provider's schema.
    """
    if evaluation.errors:
        raise MeshformError(evaluation.findings)
    mesh, environment = evaluation.mesh, evaluation.mesh.environment
    ledger = Ledger()
    account = Stack(environment.account_stack)
    platform = Stack(environment.platform_stack, requires=(account.name,))
    stacks = {account.name: account, platform.name: platform}
    add_account(account, mesh)
    add_platform(platform, mesh, ledger)
    for name, producers in _in_order(mesh):
        producers_stacks = (environment.domain_stack(producer) for producer in producers)
        stack = Stack(environment.domain_stack(name), requires=(account.name, platform.name, *producers_stacks))
        stacks[stack.name] = stack
        add_domain(stack, mesh.domains[name], mesh, ledger, evaluation.views)
    ledger.write(stacks)
    check = SchemaCheck(constraint=environment.provider_version)
    findings: list[Finding] = []
    compiled = {name: _document(stack, mesh, check, findings) for name, stack in stacks.items()}
    if findings:
        raise MeshformError(findings)
    return compiled


def _in_order(mesh: ResolvedMesh) -> Iterator[tuple[str, list[str]]]:
    """Domains after the domains they read, each with those."""
    reads = {
        name: sorted({ref.domain for product in domain.products for ref in product.spec.inputs} - {name})
        for name, domain in mesh.domains.items()
    }
    done: list[str] = []
    while len(done) < len(reads):
        ready = [name for name, inputs in reads.items() if name not in done and set(inputs) <= set(done)]
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
            done.append(name)
            yield name, reads[name]


def _document(stack: Stack, mesh: ResolvedMesh, check: SchemaCheck, findings: list[Finding]) -> CompiledStack:
    environment = mesh.environment
    document: dict[str, Any] = {
        "terraform": {
            "required_providers": {
                "databricks": {"source": environment.provider_source, "version": environment.provider_version}
            },
            "required_version": ">= 1.7",
        },
        "provider": {"databricks": [{}]},
    }
    for block in stack.with_dependencies():
        findings += check.check(block.kind, block.type, block.body, block.place)
        # an empty map for a type is an error in Terraform JSON, so a type's map is made by its first block
        document.setdefault(block.kind, {}).setdefault(block.type, {})[block.name] = render(block.body)
    return CompiledStack(stack.name, stack.requires, document, stack.assets)
