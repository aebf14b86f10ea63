# SPDX-License-Identifier: Apache-2.0
"""Where consumers find help, and where their requests for access go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from meshform.model.environment import Environment
from meshform.model.findings import Value


class Destination(Value):
    """A notification destination of the workspace, which an admin of the workspace makes.

    Attributes:
        kind: what it is, in Databricks' words.
        ids: its id (a UUID) by environment, or one for all of them.
    """

    kind: Literal["SLACK", "MICROSOFT_TEAMS", "GENERIC_WEBHOOK"]
    ids: Mapping[str, str] | str

    def id_in(self, environment: Environment) -> str | None:
        """Its id in an environment; None where it has none there."""
        return self.ids if isinstance(self.ids, str) else self.ids.get(environment.name)


class Support(Value):
    """Where consumers of a domain's products find help: at least one of channel, e-mail and link.

    Attributes:
        channel: name of a chat channel, for people to read.
        email: address of the team; failed runs, alerts and requests for access go there.
        url: page of the team; requests for access lead there when there is no e-mail and no destination.
        on_call: link to who is on call.
        destinations: notification destinations that get requests for access beside the e-mail.
    """

    channel: str | None = None
    email: str | None = None
    url: str | None = None
    on_call: str | None = None
    destinations: tuple[Destination, ...] = Field(default=(), max_length=5)

    def __str__(self) -> str:
        """Channel, e-mail and link, as far as they are known."""
        return ", ".join(part for part in (self.channel, self.email, self.url) if part)

    def access_requests(self, environment: Environment) -> list[tuple[str, str]]:
        """Type and id of each destination of requests for access in an environment, sorted.

        A link stands alone: Databricks takes no other destination beside it, so it is used only where there
        is nothing else (API reference, "Update access request destinations").
        """
        found: list[tuple[str, str]] = [("EMAIL", self.email)] if self.email else []
        found += [(one.kind, id_) for one in self.destinations if (id_ := one.id_in(environment))]
        return sorted(set(found)) or ([("URL", self.url)] if self.url else [])
