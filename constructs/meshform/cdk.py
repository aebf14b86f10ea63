# SPDX-License-Identifier: Apache-2.0
"""The way to cdktf, the only module that imports it: stacks, and the synthesizer that writes them.

cdktf's own synthesizer runs first, so aspects, validations, annotations, overrides and a user's own cdktf
resources in the same stack work as everywhere. Then Python merges the compiled blocks below what cdktf wrote
(a user's override wins), checks what the user added against the provider's schema, and writes the file again,
whole or not at all. So no resource of Meshform's crosses the bridge to Node.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from meshform.bridge import Construct, certain  # cdktf is loaded over it
from meshform.terraform.output import no_collection, write

with no_collection():  # what is imported stays, and there is much of it
    import cdktf
    import jsii
    from cdktf import App, LocalBackend, TerraformBackend, TerraformStack
    from pydantic import ValidationError
    from pydantic_core import to_json

    from meshform.data_product import DataProduct
    from meshform.declarations import misuse_of_value, place_of_caller
    from meshform.domain import Domain
    from meshform.governance.evaluate import evaluate, grant_findings
    from meshform.mesh import Mesh
    from meshform.model.environment import Environment
    from meshform.model.findings import Finding, MeshformError, Place, Severity
    from meshform.model.inputs import Input
    from meshform.model.lock import read_lock
    from meshform.model.manifest import manifests
    from meshform.model.resolved import ResolvedDomain, ResolvedMesh
    from meshform.settings import Settings
    from meshform.terraform.compile import CompiledStack, compile_mesh
    from meshform.terraform.grant_blocks import TYPES as GRANTS
    from meshform.terraform.lookup import Lookup
    from meshform.terraform.own_grants import OwnGrants
    from meshform.terraform.schema_check import SchemaCheck

__all__ = [
    "App",
    "LocalBackend",
    "MeshStack",
    "MeshStacks",
    "TerraformBackend",
    "TerraformStack",
    "add_stacks",
    "readable_errors",
    "synthesize",
]

# by Node and by Python: no right, no such folder, not a folder, no space, read-only, over quota
_CANNOT_WRITE = re.compile(
    r"\b(EACCES|EDQUOT|EISDIR|ENOENT|ENOSPC|ENOTDIR|EPERM|EROFS)\b|\[Errno (1|2|13|20|21|28|30|122)\]"
)

_TERRAFORM = ">= 1.7"  # the first that has `removed` blocks

Backend = Callable[[TerraformStack], TerraformBackend]


class MeshStack(TerraformStack):
    """One stack of a mesh: add cdktf resources of your own to it as to any other.

    Args:
        scope: the App.
        compiled: what Meshform puts into it.
        mesh: the mesh that it is a part of; recorded in the stack's JSON.
        grants: checks grants of somebody's own, in all stacks of the mesh.
        recorded: inputs of the synthesis that the stack's JSON remembers.
    """

    def __init__(
        self,
        scope: Construct,
        compiled: CompiledStack,
        mesh: ResolvedMesh,
        grants: OwnGrants,
        *,
        recorded: Mapping[str, str | None],
    ) -> None:
        super().__init__(scope, compiled.name)
        cdktf.TerraformProvider(
            self,
            "databricks",
            terraform_resource_type="databricks",
            terraform_provider_source=mesh.environment.provider_source,
            terraform_generator_metadata=cdktf.TerraformProviderGeneratorMetadata(
                provider_name="databricks", provider_version_constraint=mesh.environment.provider_version
            ),
        )
        self.recorded = dict(recorded)
        self._lookup = Lookup(compiled, mesh)
        self._compiled, self._mesh = compiled, mesh
        self._writer: _Synthesizer | None = None
        self.grants = grants

    @property
    def findings(self) -> list[Finding]:
        """What synthesis found wrong in the user's own resources of the stack."""
        return self._writer.findings if self._writer else []

    def write_ours(self) -> None:
        """Let synthesis write what Meshform puts into the stack; called by `add_stacks`."""
        self._writer = _Synthesizer(self, self._compiled, self._mesh, self.grants)
        self.synthesizer = self._writer

    def full_name(self, port: Input) -> str:
        """The name in Unity Catalog, in this environment, of a port or of what the mesh does not make.

        Raises:
            MeshformError: MF436 when there is no such port here.
        """
        return self._lookup.full_name(port, place_of_caller(self.recorded["mesh"] or ""))

    def address(self, maker: Mesh | Domain | DataProduct, type_: str, *, name: str | None = None) -> str:
        """The Terraform address of a resource of ours, for `add_override` and `depends_on`.

        Args:
            maker: the construct that it is made for.
            type_: its type, such as `databricks_job`.
            name: its name, full name or name in its address. Default: the only one of its type.

        Raises:
            MeshformError: MF433 when this stack has none, MF434 when it has several.
        """
        return self._lookup.address(maker.path, type_, name, place_of_caller(maker.path))

    def ref(
        self, maker: Mesh | Domain | DataProduct, type_: str, attribute: str, *, name: str | None = None
    ) -> str:
        """A reference to an attribute of a resource of ours, for a resource of yours in the same stack.

        Args:
            maker: see `address`.
            type_: see `address`.
            attribute: one of its attributes, such as `id`.
            name: see `address`.

        Raises:
            MeshformError: as `address`, and MF435 when its type has no such attribute.
        """
        place = place_of_caller(maker.path)
        return str(self._lookup.attribute(self.address(maker, type_, name=name), attribute, place))


class MeshStacks(dict[str, MeshStack]):
    """The stacks of a mesh by name, in the order of deployment.

    Args:
        environment: the environment that they are for.
    """

    def __init__(self, environment: Environment) -> None:
        super().__init__()
        self.environment = environment

    def of(self, domain: Domain) -> MeshStack:
        """The stack of a domain."""
        return self[self.environment.domain_stack(domain.name)]

    @property
    def platform(self) -> MeshStack:
        """The stack of the platform."""
        return self[self.environment.platform_stack]

    @property
    def account(self) -> MeshStack:
        """The stack of what is global to the account."""
        return self[self.environment.account_stack]


@jsii.implements(cdktf.IStackSynthesizer)
class _Synthesizer:
    def __init__(
        self, stack: MeshStack, compiled: CompiledStack, mesh: ResolvedMesh, grants: OwnGrants
    ) -> None:
        self._stack, self._compiled, self._mesh, self._grants = stack, compiled, mesh, grants
        self._check = SchemaCheck(mesh.environment.provider_version)
        self._default = stack.synthesizer
        self.findings: list[Finding] = []

    def synthesize(self, session: cdktf.ISynthesisSession) -> None:
        self._default.synthesize(session)
        # the manifest knows the path too, at the price of ten calls to Node
        path = Path(session.outdir, "stacks", self._compiled.name, "cdk.tf.json")
        try:
            self._complete(path)
        except BaseException:
            # what cdktf wrote lacks all of ours: deployed, it would destroy them
            with suppress(OSError):
                path.unlink()
            raise

    def _complete(self, path: Path) -> None:
        written: dict[str, Any] = json.loads(path.read_bytes())
        self.findings = list(self._own_findings(written))
        if any(finding.severity is Severity.ERROR for finding in self.findings):
            raise MeshformError(self.findings)
        for name, content in self._compiled.assets.items():
            write(f"{path.parent}/{name}", content)
        if self._compiled.name == self._mesh.environment.platform_stack:  # one stack writes them
            for name, content in manifests(self._mesh).items():
                write(f"{path.parents[2]}/{name}", content)
        document = merged(self._compiled.blocks, written)
        for name, ours in self._compiled.blocks.items():
            if isinstance(ours, list):  # `import` and the like: the user's own stand beside ours
                document[name] = [*ours, *written.get(name, [])]
        document["terraform"].setdefault("required_version", _TERRAFORM)
        document["//"] = {**document.get("//", {}), "meshform": self._stack.recorded}
        # the parts of a reader's interest last, as cdktf has them
        order = sorted(document, key=lambda key: (key != "//", key != "terraform", key != "provider", key))
        write(path, to_json({key: document[key] for key in order}, indent=2) + b"\n")

    def _own_findings(self, written: dict[str, Any]) -> Iterator[Finding]:
        """Check the user's resources, and ours where the user overrides them, with their construct paths."""
        for kind in ("resource", "data"):
            for type_, blocks in written.get(kind, {}).items():
                ours = self._compiled.blocks.get(kind, {}).get(type_, {})
                for name, body in blocks.items():
                    if type_.startswith("databricks_"):
                        metadata = body.get("//", {}).get("metadata", {})
                        place = Place(
                            construct_path=metadata.get("path") or f"{self._stack.node.path}/{type_}.{name}"
                        )
                        if name in ours and metadata.get("path"):  # a construct; an override has no path
                            yield _taken(f"{type_}.{name}", place)
                            continue
                        whole = merged(ours.get(name, {}), {k: v for k, v in body.items() if k != "//"})
                        yield from self._check.check(kind, type_, whole, place)
                        if kind == "resource" and type_ in GRANTS:
                            yield from self._grants.check(
                                self._compiled.name, type_, name, whole, written, place
                            )
        if own := self._grants.of(self._compiled.name):
            yield from grant_findings(own, self._domain, self._mesh)

    @property
    def _domain(self) -> ResolvedDomain | None:
        """The domain whose stack it is; None for a stack of the platform."""
        environment, domains = self._mesh.environment, self._mesh.domains.values()
        return next((d for d in domains if environment.domain_stack(d.name) == self._compiled.name), None)


def _taken(address: str, place: Place) -> Finding:
    return Finding(
        code="MF501",
        summary="two objects of the stack have one Terraform address",
        place=place,
        got=f"{address}, which Meshform makes",
        fix="give the construct another id, or use add_override to change ours",
    )


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Two JSON objects as one, deeply; where both have something, `over` wins."""
    result = dict(base)
    for key, value in over.items():
        ours = result.get(key)
        result[key] = merged(ours, value) if isinstance(ours, dict) and isinstance(value, dict) else value
    return result


def add_stacks(
    app: App, mesh: Mesh, *, settings: Settings | None = None, backend: Backend | None = None
) -> MeshStacks:
    """Evaluate and compile a mesh, and add its stacks to an app, each dependent on those before it.

    Synthesis also writes the manifest of each product, `manifests/DOMAIN.PRODUCT.json` in the output folder.
    Warnings and advice become cdktf annotations of the stack that they concern. A `mesh.lock` in the working
    folder is compared with the mesh.

    Args:
        app: the app; nothing is written before `synthesize`.
        mesh: the mesh, with everything declared.
        settings: environment and day. Default: read from `MESHFORM_ENV` and `MESHFORM_TODAY`.
        backend: makes the state backend of a stack. Default: cdktf's local one.

    Returns:
        The stacks by name, in the order of deployment.

    Raises:
        MeshformError: with all findings, when one of them is an error.
    """
    settings = settings or Settings.read()
    spec = settings.apply(mesh.spec)
    with no_collection():
        evaluation = evaluate(spec, settings.environment)
        compiled = compile_mesh(evaluation, read_lock(Path()))
    recorded = {
        "mesh": spec.name,
        "environment": settings.environment,
        "today": spec.today.isoformat() if spec.today else None,
    }
    stacks = MeshStacks(compiled.environment)
    grants = OwnGrants(compiled.stacks, evaluation.mesh)
    with certain():
        for name, stack in compiled.stacks.items():
            stacks[name] = MeshStack(app, stack, evaluation.mesh, grants, recorded=recorded)
            for required in stack.requires:
                stacks[name].add_dependency(stacks[required])
    for made in stacks.values():
        if backend:
            backend(made)
        made.write_ours()
    for finding in compiled.warnings:
        domain = (finding.place.construct_path or "").split("/")[1:2]
        stack_name = compiled.environment.domain_stack(domain[0]) if domain else ""
        annotated = stacks.get(stack_name) or stacks[compiled.environment.platform_stack]
        annotations = cdktf.Annotations.of(annotated)
        tell = annotations.add_info if finding.severity is Severity.ADVICE else annotations.add_warning
        tell(str(finding))
    return stacks


def synthesize(app: App) -> None:
    """Write every stack of an app, as `app.synth()`; mistakes in a user's own resources are findings.

    Warnings about them are printed to the standard error output.

    Raises:
        MeshformError: MF5xx when a resource that the user added does not fit the provider's schema.
    """
    try:
        with no_collection():
            app.synth()
    except RuntimeError:
        findings = [f for stack in app.node.children if isinstance(stack, MeshStack) for f in stack.findings]
        if findings:
            raise MeshformError(findings) from None
        raise
    stacks = [stack for stack in app.node.children if isinstance(stack, MeshStack)]
    warnings = [finding for stack in stacks for finding in stack.findings]
    for grants in {id(stack.grants): stack.grants for stack in stacks}.values():
        warnings += grants.dead()  # only now every stack's grants are known
    if warnings:
        _print(warnings)


@contextmanager
def readable_errors() -> Iterator[None]:
    """Run an app to the end of its process: print a user's mistakes as findings and exit with 1.

    Meanwhile the garbage collector pauses, see `no_collection`.
    """
    try:
        with no_collection():
            yield
    except MeshformError as error:
        _exit(error.findings)
    except ValidationError as error:
        _exit(misuse_of_value(error).findings)
    except RuntimeError as error:  # what jsii makes of every error beyond the bridge
        if not _CANNOT_WRITE.search(str(error)):
            raise
        finding = Finding(
            code="MF506",
            summary="the synthesized files cannot be written",
            got=str(error).strip().splitlines()[0],
            fix="look at the output folder (cdktf.out, or CDKTF_OUTDIR): its rights, and space on the disk",
        )
        _exit([finding])


def _exit(findings: Iterable[Finding]) -> NoReturn:
    _print(findings)
    sys.exit(1)


def _print(findings: Iterable[Finding]) -> None:
    from meshform.cli.output import print_findings

    print_findings(findings)
