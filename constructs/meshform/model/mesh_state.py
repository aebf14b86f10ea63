# SPDX-License-Identifier: Apache-2.0
"""What a mesh promises to its readers, as a value that another process can read: to be compared over time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from meshform.model.consumer import Consumer
from meshform.model.contract import Contract
from meshform.model.domain import MeshSpec
from meshform.model.findings import Place, Value
from meshform.model.ports import Elsewhere, Function, ManagedTable, ProductStatus
from meshform.model.product import Product
from meshform.model.share import Share


class ProductState(Value):
    """A product as its readers know it.

    Attributes:
        address: `domain.product`.
        renamed_from: its address before, where it says so.
        version: its own version; None where it has only that of its contract.
        status, sunset: where it is in its life.
        schema_name: the domain's schema of its ports.
        contract: its contract, without the document that it was read from.
        volumes, functions: its ports that are no tables.
        written: names of tables that others than the product write.
        consumers: who may read it; what products read it stands in `MeshState`.
        inputs: the ports that it reads, `domain.product.port`.
        shares: where its ports leave the metastore.
        usage, limitations: what its readers are told.
        place: where it was declared.
    """

    address: str
    renamed_from: str | None
    version: str | None
    status: ProductStatus
    sunset: date | None
    schema_name: str
    contract: Contract
    volumes: tuple[str, ...]
    functions: tuple[Function, ...]
    written: tuple[str, ...]
    consumers: tuple[Consumer, ...]
    inputs: tuple[str, ...]
    shares: tuple[Share, ...]
    usage: str | None
    limitations: str | None
    place: Place

    @property
    def port_names(self) -> list[str]:
        """Names of its output ports."""
        tables = (one for one in self.contract.tables if one.schema_name in (None, self.schema_name))
        return [*(one.name for one in tables), *self.volumes, *(one.name for one in self.functions)]


class ClassState(Value):
    """A class of columns: whether a mask hides it, and from whom it does not."""

    masked: bool
    exempt: tuple[str, ...]


class MeshState(Value):
    """A mesh as its readers know it.

    Attributes:
        products: all products.
        classes: the classes of columns, by name.
        retired: names of domains and addresses of products that are declared to be over.
    """

    products: tuple[ProductState, ...]
    classes: Mapping[str, ClassState]
    retired: tuple[str, ...] = ()


def state_of(mesh: MeshSpec) -> MeshState:
    """What a mesh promises, whether it was just declared or comes from another process: the same value."""
    classes = {
        one.name: ClassState(masked=one.is_masked, exempt=tuple(sorted(one.exempt)))
        for policy in mesh.policies
        for one in policy.classifications
    }
    retired = (*mesh.retired, *(f"{one.name}.{name}" for one in mesh.domains for name in one.retired))
    made = MeshState(products=tuple(map(_product, mesh.products)), classes=classes, retired=retired)
    return MeshState.model_validate_json(made.model_dump_json())


def _product(product: Product) -> ProductState:
    contract = product.contract
    renamed = product.renamed_from
    return ProductState(
        address=product.address,
        renamed_from=f"{product.domain}.{renamed}" if renamed else None,
        version=product.version,
        status=product.current_status,
        sunset=product.sunset,
        schema_name=product.schema_name,
        contract=contract.model_copy(update={"raw": {}}),
        volumes=tuple(one.name for one in product.volumes if one.schema_name == product.schema_name),
        functions=product.functions,
        written=tuple(
            name
            for name, entry in product.tables.items()
            if isinstance(entry, Elsewhere) or (isinstance(entry, ManagedTable) and entry.writers)
        ),
        consumers=product.consumers,
        inputs=tuple(map(str, product.port_inputs)),
        shares=product.shares,
        usage=product.usage if product.usage is not None else contract.usage,
        limitations=product.limitations if product.limitations is not None else contract.limitations,
        place=product.place,
    )
