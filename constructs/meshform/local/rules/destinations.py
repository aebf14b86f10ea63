# SPDX-License-Identifier: Apache-2.0
"""Checks on notification destinations, and on what names them.

Source: Databricks documentation, "Manage notification destinations"; API reference, "Create a notification
destination" and "Create a new job".
"""

from __future__ import annotations

from collections.abc import Iterable

from meshform.local.rules.refusal import Refusal
from meshform.local.store import Row, Store
from meshform.model.addresses import is_email

TOLD_BY_ID = ("GENERIC_WEBHOOK", "MICROSOFT_TEAMS", "SLACK")
"""Destinations of requests for access that are named by their id; others by an address."""

_MOST_OF_AN_EVENT = 3
# block of the configuration -> sets of attributes of which one must be there
_NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "email": (("addresses",),),
    "generic_webhook": (("url",),),
    "microsoft_teams": (("url",), ("app_id", "auth_secret", "channel_url", "tenant_id")),
    "pagerduty": (("integration_key",),),
    "slack": (("url",), ("channel_id", "oauth_token")),
}


def check_destination(store: Store, value: Row) -> None:  # noqa: ARG001 - a check like the others
    """A destination is of one kind, and has what that kind needs to be reached."""
    name = value.get("display_name")
    given = {
        block: bodies[0]
        for config in value.get("config") or ()
        for block, bodies in config.items()
        if block in _NEEDED and bodies
    }
    if len(given) != 1:
        raise Refusal(f"Notification destination '{name}' has {len(given)} configurations, not one.")
    ((block, body),) = given.items()
    if not any(all(body.get(attribute) for attribute in needed) for needed in _NEEDED[block]):
        needed = " or ".join(" and ".join(one) for one in _NEEDED[block])
        raise Refusal(f"Notification destination '{name}' of type {block} needs {needed}.")
    url = body.get("url")
    if url and not str(url).startswith("https://"):
        raise Refusal(f"The URL of notification destination '{name}' does not begin with https://.")
    if odd := [one for one in body.get("addresses") or () if not is_email(str(one))]:
        raise Refusal(f"'{odd[0]}' of notification destination '{name}' is not an e-mail address.")


def require_destinations(store: Store, named: Iterable[object], what: str) -> None:
    """Refuse an id that no notification destination has."""
    for one in named:
        if one and store.get("databricks_notification_destination", str(one)) is None:
            raise Refusal(
                f"Notification destination {one}, which {what} names, does not exist.",
                "RESOURCE_DOES_NOT_EXIST",
                404,
            )


def check_webhooks(store: Store, value: Row) -> None:
    """A job tells destinations that exist, and not too many of one event."""
    what = f"job '{value.get('name')}'"
    for block in value.get("webhook_notifications") or ():
        for event, hooks in block.items():
            named = [hook.get("id") for hook in hooks or ()]
            require_destinations(store, named, what)
            if len(named) > _MOST_OF_AN_EVENT:
                raise Refusal(
                    f"{event} of {what} names {len(named)} destinations; at most {_MOST_OF_AN_EVENT}"
                )
