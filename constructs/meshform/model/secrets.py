# SPDX-License-Identifier: Apache-2.0
"""Finding secrets that slipped into text which people will read: descriptions, tags, comments, properties.

It looks for the shapes of known credentials, for a random-looking value that is called a password, a token or
the like, and for long random text outside of links. It never reports the value. Ordinary prose, identifiers,
UUIDs and digests are no secrets; neither are references such as `{{secrets/scope/key}}`, `${VAR}`, `<token>`.
"""

from __future__ import annotations

import math
import re
from collections import Counter

# Class of the pattern, then its shape. The first that is found is told.
_SHAPES = tuple(
    (name, re.compile(shape))
    for name, shape in (
        ("private key", r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
        (
            "Databricks token",
            r"(?<![A-Za-z0-9])(?:dapi|dkea|dosed?|dsapi)[0-9a-f]{32}(?:-[0-9]+)?(?![A-Za-z0-9])",
        ),
        ("AWS access key", r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])"),
        (
            "GitHub token",
            r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})",
        ),
        ("Slack token", r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}"),
        ("Slack webhook", r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9+/]{20,}"),
        ("Google API key", r"(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}(?![A-Za-z0-9])"),
        ("Azure storage key", r"(?i:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}={0,2}"),
        ("JSON web token", r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
        (
            "password in a URL",
            r"[a-z][a-z0-9+.-]{1,20}://[^\s/:@<>{}$]{1,80}:(?P<value>[^\s/:@<>{}$*]{3,80})@",
        ),
    )
)

_ASSIGNED = re.compile(
    r"""(?ix)
    (?<![a-z]) (?: pass(?:word|wd|phrase)? | pwd | secret | token | credentials?
      | (?:api|access|account|secret|private|client|shared|signing|encryption|auth)
        [\ _-]? (?:key|secret|token) )
    ["'`]? \s{0,3} (?: := | => | [:=] | \bis\b ) \s{0,3}
    (?: bearer\s+ )? ["'`]? (?P<value> [A-Za-z0-9+/_.~!@\#%^&*$-]{8,200} =* )
    """
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_REFERENCE = re.compile(r"\$[A-Za-z_{(]|[%&*.#-]*$|[A-Za-z_]+\.[A-Za-z_.]+$|(?:https?|s3|abfss?|gs|dbfs)$")
_ENOUGH_BITS = 3.0  # of a character; English words have about 2.5 to 3.2, so classes of characters count too

_LINK = re.compile(r"[a-z][a-z0-9+.-]{1,20}://\S+")
_LONG = re.compile(r"[A-Za-z0-9+/_-]{32,200}={0,2}")
_LONG_BITS = 4.0  # of a character; a digest in hex has less
_LONG_WORDS = 0.5  # share of characters in words; NamesLikeThis2 are words, base64 has few by chance
_WORD = re.compile(r"[A-Z]?[a-z]{3,}")

# Every secret that is found holds one of these: looking for them first makes clean text cheap.
_HINTS = (
    *("PRIVATE KEY", "dapi", "dkea", "dose", "dsapi", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    *("github_pat_", "xox", "hooks.slack", "AIza", "AccountKey", "SharedAccessKey", "eyJ", "://"),
)
_LONG_LENGTH = 32
_LONG_HINT = re.compile(f"[A-Za-z0-9+/_-]{{{_LONG_LENGTH}}}")
_NAMES = ("pass", "pwd", "secret", "token", "credential", "key")
_NAME_HINT = re.compile(
    r"(?i)(?:pass\w*|pwd|secret|token|credentials?|key)[\"'`]?\s{0,3}(?:=|:|is\b)",
)


def find_secret(text: str) -> str | None:
    """The class of the first secret in the text, such as `Databricks token`; None when there is none."""
    if len(text) < 8 or not may_hold_secret(text):
        return None
    for name, shape in _SHAPES:
        found = shape.search(text)
        if found:
            return name
    if any(_is_random(one["value"]) for one in _ASSIGNED.finditer(text)):
        return "password or key"
    plain = _LINK.sub(" ", text)  # documents and chats have random names in links
    return "long random text" if any(_is_long_random(one.group()) for one in _LONG.finditer(plain)) else None


def may_hold_secret(text: str) -> bool:
    """Whether a closer look is worth it: False means that `find_secret` finds nothing in it, or in a part."""
    for hint in _HINTS:  # a loop of these is quicker than one pattern for all
        if hint in text:
            return True
    if max(map(len, text.split()), default=0) >= _LONG_LENGTH and _LONG_HINT.search(text):
        return True
    folded = text.casefold()
    return any(name in folded for name in _NAMES) and _NAME_HINT.search(text) is not None


def redact(text: str) -> str:
    """The text, or words in its place when it holds a secret."""
    found = find_secret(text)
    return f"(hidden: looks like a {found})" if found else text


def _is_random(value: str) -> bool:
    """Whether a value that is called a password looks like one, and not like a word or a reference."""
    value = value.rstrip(".,;:")
    if len(value) < 8 or _UUID.fullmatch(value) or _REFERENCE.match(value):
        return False
    classes = sum(bool(re.search(one, value)) for one in ("[a-z]", "[A-Z]", "[0-9]", r"[^A-Za-z0-9_.\-/]"))
    if classes < 2 or not re.search("[0-9]|[^A-Za-z0-9_./-]", value):
        return False
    return _bits(value) >= _ENOUGH_BITS or (classes >= 3 and len(value) >= 8)


def _is_long_random(value: str) -> bool:
    if not all(re.search(one, value) for one in ("[a-z]", "[A-Z]", "[0-9]")):
        return False
    in_words = sum(len(word) for word in _WORD.findall(value))
    return in_words <= _LONG_WORDS * len(value) and _bits(value) >= _LONG_BITS


def _bits(value: str) -> float:
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)
