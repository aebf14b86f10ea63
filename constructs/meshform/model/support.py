# SPDX-License-Identifier: Apache-2.0
"""Where consumers find help, where their requests for access go, and who hears of what fails."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from meshform.model.contacts import Email, Link, LinkOrEmail
from meshform.model.environment import Environment
from meshform.model.findings import Value

DestinationKind = Literal["EMAIL", "GENERIC_WEBHOOK", "MICROSOFT_TEAMS", "PAGERDUTY", "SLACK"]


class _Config(NamedTuple):
    """Source: provider 1.128, docs/resources/notification_destination.md and its schema."""

    block: str
    needed: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


CONFIGS: Mapping[DestinationKind, _Config] = MappingProxyType(
    {
        "EMAIL": _Config("email"),
        "GENERIC_WEBHOOK": _Config("generic_webhook", ("url",), ("password", "url", "username")),
        "MICROSOFT_TEAMS": _Config(
            "microsoft_teams", ("url",), ("app_id", "auth_secret", "channel_url", "tenant_id", "url")
        ),
        "PAGERDUTY": _Config("pagerduty", ("integration_key",), ("integration_key",)),
        "SLACK": _Config("slack", ("url",), ("channel_id", "oauth_token", "url")),
    }
)
"""Of each kind: its block of the provider, the secrets that it has by default, and those it may have."""

MOST_EMAILS = MOST_DESTINATIONS = 5  # Databricks API reference, "Update access request destinations"


class Destination(Value):
    """A notification destination of the workspace: one that an admin made, or one that the mesh makes.

    What is secret of one that the mesh makes (a webhook's URL holds its password) never stands in the mesh.
    The platform's stack has a sensitive Terraform variable for each secret, `destination_NAME_SECRET`, which
    whoever deploys it sets, as `TF_VAR_destination_NAME_SECRET`. The provider keeps them in that state.

    Attributes:
        kind: what it is, in Databricks' words.
        ids: id (a UUID) of one that exists, by environment, or one for all but the local workspace.
        name: name of one that the mesh makes; outside production the environment is added.
        environments: names of the environments in which the mesh makes it. Default: in each.
        addresses: of EMAIL, who gets its mail.
        secrets: which attributes of it come from variables: of SLACK `url`, or `oauth_token` and
            `channel_id`; of MICROSOFT_TEAMS `url`, or `app_id`, `auth_secret`, `channel_url` and `tenant_id`;
            of PAGERDUTY `integration_key`; of GENERIC_WEBHOOK `url`, `username` and `password`. Default: the
            URL or the key alone.
    """

    kind: DestinationKind
    ids: Mapping[str, str] | str | None = None
    name: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_-]{0,62}$")
    environments: tuple[str, ...] | None = None
    addresses: tuple[Email, ...] = Field(default=(), max_length=MOST_EMAILS)
    secrets: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Destination:
        if (self.ids is None) == (self.name is None):
            raise ValueError("give `ids` of one that exists, or the `name` of one that the mesh makes")
        if self.name is None and (self.secrets or self.environments is not None):
            raise ValueError("`secrets` and `environments` are for one that the mesh makes, by its `name`")
        if (self.kind == "EMAIL") != bool(self.addresses) or (self.addresses and self.name is None):
            raise ValueError("an EMAIL destination has a `name` and `addresses`, and no other has addresses")
        allowed = CONFIGS[self.kind].allowed
        if odd := sorted(set(self.secrets) - set(allowed)):
            raise ValueError(f"{self.kind} has no secret {odd[0]!r}; allowed: {', '.join(allowed) or 'none'}")
        return self

    def id_in(self, environment: Environment) -> str | None:
        """The id of one that exists in an environment; None where it has none there, or the mesh makes it."""
        if isinstance(self.ids, str):
            return None if environment.is_local else self.ids
        return (self.ids or {}).get(environment.name)

    def is_made_in(self, environment: Environment) -> bool:
        """True where the mesh makes it."""
        return self.name is not None and (self.environments is None or environment.name in self.environments)

    @property
    def variables(self) -> dict[str, str]:
        """The Terraform variable of each of its secrets."""
        name = (self.name or "").replace("-", "_")
        return {one: f"destination_{name}_{one}" for one in sorted(self.secrets or CONFIGS[self.kind].needed)}


class Support(Value):
    """Where consumers of a domain's products find help: at least one of channel, e-mail and link.

    Attributes:
        channel: name of a chat channel, for people to read.
        email: address of the team; failed runs, alerts and requests for access go there.
        url: page of the team; requests for access lead there when there is no e-mail and no destination.
        on_call: link to who is on call, or their address.
        destinations: notification destinations that get requests for access beside the e-mail.
        alert_destinations: notification destinations that hear of missed objectives and failed runs of every
            product of the domain beside the e-mail.
    """

    channel: str | None = None
    email: Email | None = None
    url: Link | None = None
    on_call: LinkOrEmail | None = None
    destinations: tuple[Destination, ...] = ()
    alert_destinations: tuple[Destination, ...] = ()

    @model_validator(mode="after")
    def _requests_arrive(self) -> Support:
        if any(one.kind == "PAGERDUTY" for one in self.destinations):
            raise ValueError("Databricks sends no requests for access to PagerDuty; see `alert_destinations`")
        emails = sum(len(one.addresses) for one in self.destinations) + (self.email is not None)
        others = sum(one.kind != "EMAIL" for one in self.destinations)
        if emails > MOST_EMAILS or others > MOST_DESTINATIONS:
            raise ValueError(
                f"requests for access go to at most {MOST_EMAILS} e-mail addresses and {MOST_DESTINATIONS}"
                " other destinations"
            )
        return self

    def __str__(self) -> str:
        """Channel, e-mail and link, as far as they are known."""
        return ", ".join(part for part in (self.channel, self.email, self.url) if part)
