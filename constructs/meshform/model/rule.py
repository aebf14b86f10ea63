# SPDX-License-Identifier: Apache-2.0
"""What a governance rule is: a frozen value with parameters, a code, and what it checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

from meshform.model.findings import Finding, Place, Severity, Value

if TYPE_CHECKING:
    from meshform.model.own_grant import OwnGrant
    from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct

Tighter = Literal["higher", "lower", "more", "fewer", "same"]
"""Which change of a parameter asks for more: a higher or lower number, more of what must be there, fewer of
what may be there, or none at all ("same").

Numbers, versions and truth values are ordered, and the words of a Literal as their type names them. None asks
for nothing: no limit, or everything allowed."""


class Rule(Value):
    """Base of every rule: a frozen value whose fields are the rule's parameters.

    A subclass sets `code` and `why` and overrides one or several of `check_mesh`, `check_domain`,
    `check_product` and `check_grant`; each yields a finding for each thing that breaks the rule. A rule that
    raises counts as failed, under its own name.

    Attributes:
        code: stable code of its findings.
        why: one sentence for the person who broke it.
        key: names of the parameters that tell two uses of the rule apart, such as the kind of names that
            NamesMatch is about. Default: a rule is used once.
        tighter: for each other parameter, which change asks for more. Default: "same", so that a lower level
            may not change it.
        good, bad: Python that declares what follows the rule and what breaks it, for its documentation.
        example: parameters of the rule for `good` and `bad`. Default: the rule's defaults.
        severity: what its findings weigh. Default: error, which stops synthesis.
    """

    code: ClassVar[str] = ""
    why: ClassVar[str] = ""
    key: ClassVar[tuple[str, ...]] = ()
    tighter: ClassVar[Mapping[str, Tighter]] = MappingProxyType({})
    good: ClassVar[str] = ""
    bad: ClassVar[str] = ""
    example: ClassVar[Mapping[str, object]] = MappingProxyType({})
    severity: Severity = Severity.ERROR

    def check_mesh(self, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Findings about the mesh as a whole, for a policy of the mesh. Default: none."""
        return iter(())

    def check_domain(self, domain: ResolvedDomain, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Findings about one domain itself. Default: none."""
        return iter(())

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Findings about one product. Default: none."""
        return iter(())

    def check_grant(self, grant: OwnGrant, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Findings about a grant that somebody writes beside Meshform's in a stack. Default: none.

        Such grants are known only when the stack is synthesized, and so are these findings.
        """
        return iter(())

    def finding(
        self,
        summary: str,
        place: Place,
        *,
        got: str | None = None,
        allowed: str | None = None,
        fix: str | None = None,
        about: str | None = None,
    ) -> Finding:
        """A finding of this rule, with its code and severity.

        `about` is the address of what it is about, which a waiver can name. Default: that of the table or
        column whose place it is, else of the domain or product that was looked at.
        """
        return Finding(
            code=self.code,
            summary=summary,
            place=place,
            got=got,
            allowed=allowed,
            fix=fix,
            severity=self.severity,
            about=about,
        )
