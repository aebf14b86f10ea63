# SPDX-License-Identifier: Apache-2.0
"""Secrets are found by their shape, and ordinary text is left alone. All of these are made up."""

import hashlib

import pytest

from meshform.model.secrets import find_secret, may_hold_secret, redact

SECRETS = [
    ("dapi" + "0123456789abcdef" * 2, "Databricks token"),
    ("use dose" + "0" * 32 + "-2 here", "Databricks token"),
    ("AKIA" + "IOSFODNN7EXAMPLE", "AWS access key"),
    ("-----BEGIN RSA " + "PRIVATE KEY-----", "private key"),
    ("eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0.abcdefghijk", "JSON web token"),
    ("ghp_" + "a1B2" * 9, "GitHub token"),
    ("xoxb-" + "1234567890-abcdef", "Slack token"),
    ("https://hooks.slack.com/" + "services/T0000/B0000/" + "x" * 24, "Slack webhook"),
    ("AIza" + "a" * 35, "Google API key"),
    ("AccountKey=" + "a" * 50 + "==", "Azure storage key"),
    ("postgres://user:" + "s3cretpw@host/db", "password in a URL"),
    ("password: " + "hunter22!", "password or key"),
    ('the "api_key" => ' + "'9f8Ab3xQ11'", "password or key"),
    ("Token is " + "Zk83hdTq02", "password or key"),
    ("ask with " + "X53kWqXwrqv5RYAsy2p31jZyRPiREYcal2sYnY54J88=", "long random text"),
    ("wJalrXUtnFEMI/" + "K7MDENG/bPxRfiCYEXAMPLEKEY", "long random text"),
]

ORDINARY = [
    "",
    "Number of the order in the shop.",
    "the primary key is: order_id",
    "The token is: customer_identifier",
    "Key: value pairs of the shop",
    "password: ask the owner",
    "password = ${DB_PASSWORD}",
    "token: {{secrets/scope/key}}",
    "secret: <your-token>",
    "f48c3c19-bfa0-4c31-952b-ac4384f30147",
    "key: f48c3c19-bfa0-4c31-952b-ac4384f30147",
    "aws:eu-central-1:19a85dee-54bc-43a2-87ab-023d0ec16013",
    "sha256 " + hashlib.sha256(b"x").hexdigest(),
    "CustomerOrderLineItemsV2ForReportingAndAnalytics",
    "abfss://container@account.dfs.core.windows.net/path/to/Data2024",
    "https://docs.example.com/document/d/1A2b3CdEfGhIjKlMnOpQrStUvWxYz0123456789abcd/edit",
    "/Volumes/orders_dev/bronze/landing/2024/Q1Files/X2",
    "GROUP BY customer_id, order_date HAVING sum(amount) > 1000",
]


@pytest.mark.parametrize(("text", "kind"), SECRETS)
def test_a_secret_is_found_by_its_class(text, kind):
    """Also in the middle of a sentence."""
    assert find_secret(text) == kind
    assert find_secret(f"see {text} for access") == kind


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_no_secret(text):
    """Names, links, digests, ids and references pass."""
    assert find_secret(text) is None
    assert redact(text) == text


@pytest.mark.parametrize(("text", "kind"), SECRETS)
def test_a_secret_is_never_repeated(text, kind):
    """The words in its place name the class only."""
    assert redact(text) == f"(hidden: looks like a {kind})"


@pytest.mark.parametrize(("text", "_kind"), SECRETS)
def test_the_first_look_misses_no_secret(text, _kind):
    """A piece of text that holds a secret asks for the closer look."""
    assert may_hold_secret(f"before\n{text}\nafter")
