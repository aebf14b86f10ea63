# SPDX-License-Identifier: Apache-2.0
"""Reading a file that somebody else wrote as UTF-8 text, within bounds."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NoReturn

from meshform.model.findings import Finding, MeshformError, Place

# The first bytes of a text in another encoding, the longer ones first.
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"\xef\xbb\xbf", "UTF-8 with a byte order mark"),
)


def display_name(path: Path) -> str:
    """How findings call a file: relative to the working folder when it is in there, with `/`."""
    absolute, here = Path(os.path.normpath(path.absolute())), Path.cwd()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else path).as_posix()


def read_text(path: Path, *, root: Path | None = None, most_bytes: int) -> str:
    """The text of a regular file; line ends stay as they are.

    Args:
        path: the file.
        root: when given, the folder that the file must be in after all links and `..` are followed. Default:
            the working folder for a file below it; a file elsewhere may be anywhere.
        most_bytes: the size above which the file is refused, unread.

    Raises:
        MeshformError: MF101 not readable or not a regular file, MF102 too large, MF103 outside `root`, MF104
            not UTF-8 or with a byte order mark; the finding names the byte, line and column.
    """
    name = display_name(path)
    real = real_path(path) if root is None else _inside(path, root, name)
    try:
        # Not blocking: a named pipe without a writer would hang here.
        handle = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:
        _fail("MF101", f"cannot be read: {getattr(error, 'strerror', None) or error}", name)
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        _fail("MF101", "cannot be read: not a regular file", name)
    with os.fdopen(handle, "rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        got = f"{max(status.st_size, len(content)):,} bytes"
        _fail("MF102", "the file is too large", name, got=got, allowed=f"at most {most_bytes:,} bytes")
    return _decode(content, name)


def real_path(path: Path) -> Path:
    """Where a file or folder really is: what stands below the working folder must not lead out of it.

    So what is read is what somebody could review. A path that names another place outright is their choice.

    Raises:
        MeshformError: MF101 for a circle of links, MF103 for one that leads out.
    """
    here = os.getcwd()  # noqa: PTH109 - as text, for each product: the system tells a real one
    absolute = os.path.normpath(os.path.join(here, path))  # noqa: PTH118
    if absolute != here and not absolute.startswith(os.path.join(here, "")):  # noqa: PTH118
        return path
    name = display_name(path)
    return _checked(_resolved(path, name), Path(here), name)


def _resolved(path: Path, name: str) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL
        _fail("MF101", f"cannot be read: {getattr(error, 'strerror', None) or error}", name)


def _inside(path: Path, root: Path, name: str) -> Path:
    return _checked(_resolved(path, name), _resolved(root, name), name)


def _checked(real: Path, top: Path, name: str) -> Path:
    if not real.is_relative_to(top):
        _fail(
            "MF103",
            "the file is outside the folder that it must be in",
            name,
            got=str(real),
            allowed=f"a file in {top}",
            fix="copy it there: links and .. that lead out are not followed",
        )
    return real


def _decode(content: bytes, name: str) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            _not_utf8(name, f"the file is {encoding}", content, 0)
    zero = content.find(b"\0")
    if zero >= 0:
        _not_utf8(name, "the file holds a NUL byte: it is UTF-16, UTF-32 or not text", content, zero)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        _not_utf8(name, f"the file is not UTF-8: {error.reason}", content, error.start)


def _not_utf8(name: str, summary: str, content: bytes, offset: int) -> NoReturn:
    line_start = content.rfind(b"\n", 0, offset) + 1
    place = Place(
        file=name,
        line=content.count(b"\n", 0, offset) + 1,
        column=len(content[line_start:offset].decode("utf-8", "replace")) + 1,
    )
    got = f"byte 0x{content[offset]:02x} at offset {offset}"
    raise MeshformError(
        Finding(
            code="MF104",
            summary=summary,
            place=place,
            got=got,
            allowed="UTF-8 without a byte order mark",
            fix="save the file as UTF-8 without a byte order mark",
        )
    )


def _fail(
    code: str,
    summary: str,
    name: str,
    *,
    got: str | None = None,
    allowed: str | None = None,
    fix: str | None = None,
) -> NoReturn:
    raise MeshformError(
        Finding(code=code, summary=summary, place=Place(file=name), got=got, allowed=allowed, fix=fix)
    )
