# SPDX-License-Identifier: Apache-2.0
"""Files are read as UTF-8 text within bounds, and only from where they may be."""

import os
from pathlib import Path

import pytest

from meshform.model.file_input import display_name, read_text
from meshform.model.findings import MeshformError


def refused(path, **options):
    """The only finding."""
    with pytest.raises(MeshformError) as caught:
        read_text(path, most_bytes=1000, **options)
    [finding] = caught.value.findings
    return finding


@pytest.mark.parametrize(
    ("content", "place", "summary", "got"),
    [
        (b"a: b\nc: \xff\n", "2:4", "the file is not UTF-8: invalid start byte", "byte 0xff at offset 8"),
        (
            "ä: \udcff".encode("utf-8", "surrogateescape"),
            "1:4",
            "the file is not UTF-8",
            "byte 0xff at offset 4",
        ),
        ("a: b".encode("utf-16"), "1:1", "the file is UTF-16", "byte 0xff at offset 0"),
        ("a: b".encode("utf-16-le"), "1:2", "the file holds a NUL byte", "byte 0x00 at offset 1"),
        (b"\xef\xbb\xbfa: b", "1:1", "the file is UTF-8 with a byte order mark", "byte 0xef at offset 0"),
        ("a".encode("utf-32"), "1:1", "the file is UTF-32", "byte 0xff at offset 0"),
        (b"a\n\nb\0c", "3:2", "the file holds a NUL byte", "byte 0x00 at offset 4"),
    ],
)
def test_other_encodings_are_refused_with_the_byte(tmp_path, content, place, summary, got):
    """The finding names byte, offset, line and column."""
    file = tmp_path / "a.yaml"
    file.write_bytes(content)
    finding = refused(file)
    assert finding.code == "MF104"
    assert str(finding.place).endswith(f"a.yaml:{place}")
    assert finding.summary.startswith(summary)
    assert finding.got == got


def test_text_comes_as_it_is(tmp_path):
    """Line ends and letters of all alphabets are kept."""
    (tmp_path / "a").write_bytes("ä\r\n注\n".encode())
    assert read_text(tmp_path / "a", most_bytes=100) == "ä\r\n注\n"


def test_a_missing_file_and_a_folder_are_findings(tmp_path):
    """No traceback for a wrong path."""
    assert refused(tmp_path / "no.yaml").code == "MF101"
    assert refused(tmp_path).code == "MF101"
    assert refused(tmp_path / "a\0b").code == "MF101"


def test_a_pipe_does_not_block(tmp_path):
    """A named pipe without a writer is refused at once."""
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe").summary == "cannot be read: not a regular file"


def test_a_file_outside_of_the_root_is_refused(tmp_path):
    """`..` and links that lead out are followed and found."""
    root = tmp_path / "domains"
    root.mkdir()
    (tmp_path / "secret").write_text("x")
    (root / "link").symlink_to(tmp_path / "secret")
    for path in (root / ".." / "secret", root / "link"):
        finding = refused(path, root=root)
        assert finding.code == "MF103"
        assert finding.fix
    (root / "inside").write_text("y")
    (root / "fine").symlink_to(root / "inside")
    assert read_text(root / "fine", root=root, most_bytes=10) == "y"


def test_a_circle_of_links_is_refused(tmp_path):
    """Links that lead to one another end with a finding."""
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert refused(tmp_path / "a", root=tmp_path).code == "MF101"
    assert refused(tmp_path / "a").code == "MF101"


def test_a_large_file_is_refused(tmp_path):
    """The limit holds to the byte."""
    (tmp_path / "a").write_bytes(b"x" * 1001)
    assert refused(tmp_path / "a").got == "1,001 bytes"
    (tmp_path / "a").write_bytes(b"x" * 1000)
    assert len(read_text(tmp_path / "a", most_bytes=1000)) == 1000


def test_files_below_the_working_folder_have_short_names(tmp_path, monkeypatch):
    """Findings show paths that one can click and that are the same on every machine."""
    monkeypatch.chdir(tmp_path)
    assert display_name(tmp_path / "d" / "a.yaml") == "d/a.yaml"
    assert display_name(tmp_path / "d" / ".." / "a.yaml") == "a.yaml"


def test_a_link_below_the_working_folder_must_not_lead_out_of_it(tmp_path, monkeypatch):
    """What somebody reviewed is what is read; a file that is named outright may be anywhere."""
    here = tmp_path / "mesh"
    (here / "domains").mkdir(parents=True)
    (tmp_path / "secret").write_text("x")
    (here / "domains" / "link").symlink_to(tmp_path / "secret")
    (here / "domains" / "folder").symlink_to(tmp_path)
    (here / "fine").write_text("y")
    (here / "domains" / "inside").symlink_to(here / "fine")
    monkeypatch.chdir(here)
    for path in ("domains/link", "domains/folder/secret"):
        finding = refused(Path(path))
        assert (finding.code, finding.place.file) == ("MF103", path)
    assert read_text(Path("domains/inside"), most_bytes=10) == "y"
    assert read_text(tmp_path / "secret", most_bytes=10) == "x"
