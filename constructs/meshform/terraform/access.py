# SPDX-License-Identifier: Apache-2.0
"""What a domain's stack asks of the grants ledger, in the words of Unity Catalog's rules.

SELECT is nothing without USE_SCHEMA and USE_CATALOG, so whoever is given something in a schema is given those
too. An authoritative grant removes whatever it does not list, so the deployer's MANAGE is listed wherever the
deployer is not the owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meshform.model.findings import Place
from meshform.model.resolved import OtherPort, ResolvedDomain, ResolvedMesh, ResolvedTable
from meshform.terraform.grants import Ledger, Securable
from meshform.terraform.stack import PREPARE, PROTECT, Block, Rank, Stack


class Access:
    """Wishes of one domain's stack.

    Attributes:
        schemas: the domain's schemas by their names in Unity Catalog, as blocks of the stack.
        made: when each table or view can be granted, and the addresses that its grant must follow, by full
            name.
        policies: addresses of the domain's own policies, which protect what is granted after them.
    """

    def __init__(
        self,
        stack: Stack,
        domain: ResolvedDomain,
        mesh: ResolvedMesh,
        ledger: Ledger,
        schemas: Mapping[str, Block],
        platform: Stack,
    ) -> None:
        self.schemas = schemas
        self.made: dict[str, tuple[Rank, list[str]]] = {}
        self.policies: list[str] = []
        self._stack, self._ledger = stack, ledger
        self._used: set[tuple[str, str, tuple[str, ...]]] = set()
        self._catalog = domain.catalog
        # two domains let one group into a shared catalog, so its grants are the platform's to write
        self._writes_catalog = platform if domain.is_in_shared_catalog else stack
        self._deployer = mesh.deployer_of(domain)
        self._builder = _builder(domain, mesh)
        self._outsider = _outsider(domain, mesh)
        self._place = domain.place

    def use(self, principal: str, schema: str, privileges: Iterable[str] = ()) -> None:
        """USE of the catalog and of a schema, and perhaps more on the schema; the domain's, whoever reads."""
        wish = principal, schema, tuple(privileges)
        if wish in self._used:
            return  # one of a thousand tables in the same schema
        self._used.add(wish)
        self._on_catalog(principal, "USE_CATALOG")
        self._ledger.wish(
            self._stack,
            Securable("schema", f"{self._catalog}.{schema}"),
            principal,
            ["USE_SCHEMA", *wish[2]],
            self._place,
            after=[self.schemas[schema].address],
        )

    def browse(self, principals: Iterable[str]) -> None:
        """BROWSE on the catalog: name, description and tags of everything in it."""
        for principal in principals:
            self._on_catalog(principal, "BROWSE")

    def read_for_views(self, owner: str, table: ResolvedTable, place: Place) -> str:
        """SELECT on a table for whom a view reads it: the view's owner, and who makes the view.

        Returns the grant's address.
        """
        if self._builder:
            self.select(self._builder, table, place)
        return self.select(owner, table, place)

    def read_for_share(self, table: ResolvedTable, owner: str, place: Place) -> list[str]:
        """SELECT for who makes a share: its owner must keep it on everything in the share.

        Args:
            table: a table or view in the share.
            owner: the domain's owner group, through which a deployer in it reads; own views are its.
            place: where the share is declared.

        Returns:
            Addresses of the grants.
        """
        if self._outsider:
            return [self.select(self._outsider, table, place)]
        return [] if table.is_own_view else [self.select(owner, table, place)]

    def select(self, principal: str, table: ResolvedTable, place: Place) -> str:
        """SELECT on a table or view of the domain, once it is made and tagged; returns the grant's
        address.
        """
        return self.on_table(principal, ["SELECT"], table, place)

    def on_table(self, principal: str, privileges: Iterable[str], table: ResolvedTable, place: Place) -> str:
        """Privileges on a table or view of the domain, as `select`."""
        self.use(principal, table.schema)
        rank, after = self.made[table.full_name]
        return self._give(Securable("table", table.full_name), principal, privileges, place, rank, after)

    def volume_for_share(self, volume: Block, place: Place) -> list[str]:
        """READ_VOLUME for who makes a share, where the volume is not its own; returns addresses of grants."""
        if not self._outsider:
            return []
        return [self.on_volume(self._outsider, ["READ_VOLUME"], volume, place)]

    def on_volume(self, principal: str, privileges: Iterable[str], volume: Block, place: Place) -> str:
        """Privileges on a volume of the domain; returns the grant's address."""
        schema, name = volume.body["schema_name"], volume.body["name"]
        self.use(principal, schema)
        securable = Securable("volume", f"{self._catalog}.{schema}.{name}")
        return self._give(securable, principal, privileges, place, PREPARE, [volume.address])

    def on_function(self, principal: str, port: OtherPort, place: Place) -> None:
        """EXECUTE on a function of the domain, once the step that makes functions is done."""
        self.use(principal, port.schema)
        self._give(Securable("function", port.full_name), principal, port.privileges, place, PROTECT, ())

    def keep_manage(self, securable: Securable, *, rank: Rank = PREPARE, after: Iterable[str] = ()) -> None:
        """Keep the deployer's MANAGE on what an authoritative grant describes.

        On a schema it also gets APPLY_TAG: a pipeline owns the tables that it makes there, and MANAGE is not
        enough to tag them.
        """
        if self._deployer:
            kept = ["APPLY_TAG", "MANAGE"] if securable.kind == "schema" else ["MANAGE"]
            self._ledger.wish(
                self._stack, securable, self._deployer, kept, self._place, rank=rank, after=after
            )

    def _on_catalog(self, principal: str, privilege: str) -> None:
        securable = Securable("catalog", self._catalog)
        if not self._ledger.holds(securable, principal, privilege):
            self._ledger.wish(self._writes_catalog, securable, principal, [privilege], self._place)

    def _give(
        self,
        securable: Securable,
        principal: str,
        privileges: Iterable[str],
        place: Place,
        rank: Rank,
        after: Iterable[str],
    ) -> str:
        self._ledger.wish(self._stack, securable, principal, privileges, place, rank=rank, after=after)
        self.keep_manage(securable, rank=rank, after=after)
        return securable.grants_address


def _builder(domain: ResolvedDomain, mesh: ResolvedMesh) -> str | None:
    """The domain's own deployer where it reads nothing as a member of the owner group; else None."""
    spec = domain.spec
    if spec.deployer in mesh.spec.principals.with_members([spec.owner]):
        return None
    return mesh.own_deployer(domain)


def _outsider(domain: ResolvedDomain, mesh: ResolvedMesh) -> str | None:
    """Who deploys the domain, where that is nobody of its owner group; else None."""
    deployer = domain.spec.deployer or mesh.environment.deployer
    if deployer in mesh.spec.principals.with_members([domain.spec.owner]):
        return None
    return mesh.deployer_of(domain)
