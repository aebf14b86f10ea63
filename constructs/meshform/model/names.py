# SPDX-License-Identifier: Apache-2.0
"""Names in Unity Catalog: which are allowed, which are the same, and how they are quoted in SQL.

Source: Databricks SQL language reference, "Names" and "Identifiers"; Delta Lake, "invalid characters in
column names" without column mapping; provider 1.128, `resource_sql_table.go`, which puts names in backticks
without doubling those inside.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from meshform.model.findings import Finding, Place, Severity

MOST_CHARACTERS = 255

_SIMPLE = re.compile(r"[a-z_][a-z0-9_]*")
_ASCII_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# Every kind: these end a quoted name, a string or a statement somewhere on the way to Databricks.
_NEVER = frozenset("`'\"\\;")
# Catalogs, schemas and what they hold: the rule of Unity Catalog.
_SECURABLE = frozenset("./")
# Columns: Delta refuses these without column mapping; `.` separates parts where a column is tagged.
_COLUMN = frozenset(",{}()=.")
# Letters and marks without a shape of their own: they are no format characters by category.
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0\u2800"
) | frozenset(chr(code) for code in range(0xFE00, 0xFE10))
_RESERVED = {
    "catalog": frozenset({"hive_metastore", "samples", "system", "__databricks_internal"}),
    "schema": frozenset({"information_schema"}),
}
# Letters that cannot be told from Latin ones by eye: Cyrillic, then Greek.
_LOOKALIKES = frozenset("авсԁеһіјкӏмпорԛѕтухԝѵһ" + "αικνορτυχ")

# Words that Databricks reserves in ANSI mode or that start something else in an expression. Quoting one too
# many is harmless. Source: Databricks SQL language reference, "Reserved words and schemas".
_RESERVED_WORDS = frozenset(
    """
    ALL AND ANTI ANY AS BETWEEN BOTH CASE CAST CHECK COLLATE COLUMN CONSTRAINT CREATE CROSS CURRENT_DATE
    CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEFAULT DISTINCT ELSE END ESCAPE EXCEPT EXISTS FALSE
    FETCH FILTER FOR FOREIGN FROM FULL GRANT GROUP HAVING IN INNER INTERSECT INTERVAL INTO IS JOIN
    LATERAL LEADING LEFT LIKE LIMIT LOCAL MINUS NATURAL NOT NULL OFFSET ON ONLY OR ORDER OUTER OVERLAPS
    PRIMARY QUALIFY REFERENCES RIGHT SELECT SEMI SESSION_USER SOME SQL TABLE THEN TIME TO TRAILING TRUE
    UNION UNIQUE UNKNOWN USER USING WHEN WHERE WINDOW WITH WITHIN
    """.split()  # noqa: SIM905
)


def normalized(name: str) -> str:
    """The form in which two names are compared: without case, `-` as `_`, compatible letters as one.

    Unity Catalog ignores case; stacks, pipelines and addresses in Terraform take `-` for `_`. The letters
    follow Unicode's compatibility caseless match (Unicode Standard 3.13, D146).
    """
    if not name.isascii():
        name = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", name).casefold())
        name = unicodedata.normalize("NFKC", name.casefold())
    return name.casefold().replace("-", "_")


def quote(name: str) -> str:
    """The name as a quoted identifier of Databricks SQL: in backticks, those inside doubled."""
    return "`" + name.replace("`", "``") + "`"


def quoted_if_needed(name: str) -> str:
    """The name as SQL reads it: bare when it is an ASCII word that SQL does not reserve, else quoted."""
    return name if _ASCII_WORD.fullmatch(name) and name.upper() not in _RESERVED_WORDS else quote(name)


def check_identifier(kind: str, name: str, place: Place) -> Iterator[Finding]:
    """What is wrong with the name of something in Unity Catalog.

    Args:
        kind: `catalog`, `schema`, `table`, `volume`, `function`, `share`, ... or `column`.
        name: the name, without the names of its parents.
        place: where it was declared.

    Returns:
        MF341 empty or too long, MF342 a character that is not allowed or cannot be seen, MF343 an upper-case
        letter in the name of anything but a column, MF344 (warning) letters that look like others, MF345 a
        name that Databricks keeps for itself, MF346 a name that Terraform would change.
    """
    if name in _RESERVED.get(kind, ()):
        fix = "choose another name"
        summary = f"Databricks keeps this name of a {kind} for itself"
        yield Finding(code="MF345", summary=summary, place=place, got=name, fix=fix)
    if _SIMPLE.fullmatch(name) and len(name) <= MOST_CHARACTERS:
        return
    if not name or len(name) > MOST_CHARACTERS:
        yield Finding(
            code="MF341",
            summary=f"the name of a {kind} is {'too long' if name else 'empty'}",
            place=place,
            got=f"{len(name):,} characters",
            allowed=f"1 to {MOST_CHARACTERS} characters",
            fix="shorten it" if name else "give it a name",
        )
    if bad := sorted({character for character in name if _is_forbidden(character, kind)}):
        yield Finding(
            code="MF342",
            summary=f"the name of a {kind} holds {_listed(bad)}",
            place=place,
            got=_visible(name),
            allowed="letters, digits, _ and -",
            fix="remove it" if len(bad) == 1 else "remove them",
        )
        return
    # Unity Catalog stores these names in lower case. An upper-case name would never equal what it reports:
    # Terraform would plan the difference for ever, and a grant or tag could miss its object.
    if kind != "column" and name != name.lower():
        yield Finding(
            code="MF343",
            summary=f"the name of a {kind} has upper-case letters, which Unity Catalog does not keep",
            place=place,
            got=name,
            allowed="lower-case letters",
            fix=f"write it as {name.lower()!r}",
        )
    if unicodedata.normalize("NFC", name) != name:
        yield Finding(
            code="MF346",
            summary=f"the name of a {kind} has letters in parts, which Terraform would put together",
            place=place,
            got=f"{name} ({ascii(name)[1:-1]})",
            allowed="text in Unicode normal form C",
            fix="type it again",
        )
    elif not name.isascii() and (reason := _confusable(name)):
        yield Finding(
            code="MF344",
            summary=f"the name of a {kind} {reason}",
            place=place,
            got=f"{name} ({ascii(name)[1:-1]})",
            fix="type it again in one alphabet, best in the letters a to z",
            severity=Severity.WARNING,
        )


def _is_forbidden(character: str, kind: str) -> bool:
    if character in _NEVER or character in (_COLUMN if kind == "column" else _SECURABLE):
        return True
    # C*: control, format (zero width, bidi), surrogate, private use, unassigned; Z*: spaces and separators
    category = unicodedata.category(character)
    return category[0] in "CZ" or character in _INVISIBLE


def _confusable(name: str) -> str | None:
    """Why a name without forbidden characters may be taken for another; None when it may not."""
    if unicodedata.normalize("NFKC", name) != name:
        return "has characters that another spelling of it would not have"
    letters = [character for character in name if character.isalpha()]
    scripts = sorted({_script(letter) for letter in letters})
    # Japanese mixes three of them; neither looks like Latin
    if len(set(scripts) - {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}) + ("CJK" in scripts) > 1:
        return f"mixes letters of several alphabets ({', '.join(scripts).title()})"
    if letters and all(letter.lower() in _LOOKALIKES for letter in letters):
        return f"is {scripts[0].title()} but looks like Latin"
    return None


def _script(letter: str) -> str:
    return unicodedata.name(letter, "UNKNOWN").split(" ", 1)[0]


def _listed(characters: list[str]) -> str:
    return ", ".join(
        f"{character!r}"
        if character.isascii() and character.isprintable() and character != " "
        else "a space"
        if character == " "
        else f"U+{ord(character):04X} ({unicodedata.name(character, 'a control character').lower()})"
        for character in characters[:5]
    ) + (f" and {len(characters) - 5} more" if len(characters) > 5 else "")


def _visible(name: str) -> str:
    """The name with everything that cannot be seen written as an escape."""
    shown = "".join(c if c.isprintable() and c not in _INVISIBLE else ascii(c)[1:-1] for c in name)
    return shown if len(shown) <= 120 else shown[:117] + "..."
