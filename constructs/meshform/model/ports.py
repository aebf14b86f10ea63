# SPDX-License-Identifier: Apache-2.0
"""What makes a port when it is neither the product's pipeline nor its job: Terraform, somebody else, SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from meshform.model.findings import Value


class ManagedTable(Value):
    """A table of the contract that Terraform itself makes: managed Delta with the contract's columns.

    Columns with a partition key position partition it. A table of that name that somebody else has made is
    never replaced: the apply fails.

    Attributes:
        cluster_by: columns of liquid clustering, at most 4. Default: none.
        writers: principals that write it (MODIFY and SELECT), beside the product's pipeline or job.
        properties: table properties, such as `delta.enableChangeDataFeed`. Default: none.
    """

    cluster_by: tuple[str, ...] = Field(default=(), max_length=4)
    writers: tuple[str, ...] = ()
    properties: Mapping[str, str] = {}


class Elsewhere(Value):
    """A table or view of the contract that somebody else makes, such as a bundle or an external tool.

    It is declared and governed (tags, masks, grants, shares, alerts), and not built: it must exist before the
    domain's stack is applied. Its grants have one writer, this mesh: others are removed. The local workspace
    has nobody else, so there Terraform makes an empty stand-in with the contract's columns.

    Attributes:
        by: who or what makes it, for the reader.
    """

    by: str = ""


class Function(Value):
    """A SQL function of the product, in the schema of its ports. Consumers are given EXECUTE.

    Attributes:
        name: its name.
        parameters: Databricks SQL type of each parameter by its name, in order.
        returns: Databricks SQL type of the result.
        body: one SQL expression over the parameters.
        comment: what it computes.
    """

    name: str
    parameters: Mapping[str, str] = {}
    returns: str
    body: str
    comment: str = ""


ProductStatus = Literal["draft", "active", "deprecated", "retired"]
