# SPDX-License-Identifier: Apache-2.0
"""A contract's own consistency: what a file is refused for when it is read, and Python must not get past."""

from __future__ import annotations

from collections.abc import Iterator

from meshform.model.contract_checks import consistency
from meshform.model.findings import Finding
from meshform.model.product import Product


def contract_findings(product: Product) -> Iterator[Finding]:
    """What a product's contract says against itself: MF207 and MF241 to MF244."""
    return consistency(product.contract, schema_of=product.schema_of, owner=product.address)
