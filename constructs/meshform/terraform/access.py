# SPDX-License-Identifier: Apache-2.0
"""What a domain's stack asks of the grants ledger, in the words of Unity Catalog's rules.

SELECT is nothing without USE_SCHEMA and USE_CATALOG, so whoever is given something in a schema is given those
too. An authoritative grant removes whatever it does not list, so the deployer's MANAGE is listed wherever the
deployer is not the owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meshform.model.findings import Place
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedTable
from meshform.terraform.grants import Ledger, Securable
from meshform.terraform.stack import PREPARE, Block, Rank, Stack


class Access:
    """Wishes of one domain's stack.

    Attributes:
        schemas: the domain's schemas by name, as blocks of the stack.
        made: when each table or view can be granted, and the addresses that its grant must follow, by full
            name.
    """

    def __init__(
        self,
        stack: Stack,
        domain: ResolvedDomain,
        mesh: ResolvedMesh,
        ledger: Ledger,
        schemas: Mapping[str, Block],
    ) -> None:
        self.schemas = schemas
        self.made: dict[str, tuple[Rank, list[str]]] = {}
        self._stack, self._ledger = stack, ledger
        self._used: set[tuple[str, str, tuple[str, ...]]] = set()
        self._catalog = domain.catalog
        self._deployer = mesh.deployer_beside(domain.spec.owner)
        self._place = domain.place

    def use(self, principal: str, schema: str, place: Place, privileges: Iterable[str] = ()) -> None:
        """USE of the catalog and of a schema, and perhaps more on the schema."""
        wish = principal, schema, tuple(privileges)
        if wish in self._used:
            return  # one of a thousand tables in the same schema
        self._used.add(wish)
        self._ledger.wish(self._stack, Securable("catalog", self._catalog), principal, ["USE_CATALOG"], place)
        self._ledger.wish(
            self._stack,
            Securable("schema", f"{self._catalog}.{schema}"),
            principal,
            ["USE_SCHEMA", *wish[2]],
            place,
            after=[self.schemas[schema].address],
        )

    def select(self, principal: str, table: ResolvedTable, place: Place) -> str:
        """SELECT on a table or view of the domain, once it is made and tagged; returns the grant's
        address.
        """
        self.use(principal, table.schema, place)
        rank, after = self.made[table.full_name]
        return self._give(Securable("table", table.full_name), principal, ["SELECT"], place, rank, after)

    def on_volume(self, principal: str, privileges: Iterable[str], volume: Block, place: Place) -> None:
        """Privileges on a volume of the domain."""
        schema, name = volume.body["schema_name"], volume.body["name"]
        self.use(principal, schema, place)
        securable = Securable("volume", f"{self._catalog}.{schema}.{name}")
        self._give(securable, principal, privileges, place, PREPARE, [volume.address])

    def keep_manage(self, securable: Securable, *, rank: Rank = PREPARE, after: Iterable[str] = ()) -> None:
        """Keep the deployer's MANAGE on what an authoritative grant describes."""
        if self._deployer:
            self._ledger.wish(
                self._stack, securable, self._deployer, ["MANAGE"], self._place, rank=rank, after=after
            )

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
