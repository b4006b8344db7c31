"""An archive from a stranger: torn, changed, hostile; one sentence, and nothing outside its folder."""

import gzip
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtam.base.errors import UsageError
from mtam.runs.archives import contents, unpack_run
from mtam.runs.archives.contents import seal
from mtam.runs.archives.unpack_run import run_folder
from tests.conftest import Mtam

Member = tuple[tarfile.TarInfo, bytes]


def file(name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = "") -> Member:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = len(content), kind, link
    return member, content


def listing(names: dict[str, bytes], start: str = ".") -> Member:
    seals = {name: seal(content).model_dump() for name, content in names.items()}
    tree = {"format": 1, "holds": "sweep", "name": "alpha", "start": start, "files": seals}
    return file("run/contents.json", json.dumps(tree).encode())


def archive(members: Sequence[Member]) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb") as stream, tarfile.open(fileobj=stream, mode="w") as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


GOOD = archive(
    [listing({"a.txt": b"x", "records/b.json": b"{}"}), file("run/a.txt"), file("run/records/b.json", b"{}")]
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    inside = tmp_path / "in"
    inside.mkdir()
    return inside


def refused(place: Path, body: bytes) -> str:
    """The sentence by which an archive is refused; nothing may be left of it."""
    (place / "run.tar.gz").write_bytes(body)
    with pytest.raises(UsageError) as told:
        run_folder(place / "run.tar.gz")
    assert sorted(path.name for path in place.parent.rglob("*")) == ["in", "run.tar.gz"]
    return str(told.value)


def test_a_whole_one_is_unpacked_once(place: Path) -> None:
    (place / "run.tar.gz").write_bytes(GOOD)
    folder = run_folder(place / "run.tar.gz")
    assert folder == place / "run-unpacked"
    assert (folder / "records" / "b.json").read_bytes() == b"{}"
    (folder / "a.txt").write_text("mine now")
    assert run_folder(place / "run.tar.gz") == folder
    assert (folder / "a.txt").read_text() == "mine now"
    (place / "run.tar.gz").write_bytes(archive([listing({"a.txt": b"x"}), file("run/a.txt")]))
    with pytest.raises(UsageError, match="something else lies"):
        run_folder(place / "run.tar.gz")


def test_a_folder_is_left_as_it_is(place: Path) -> None:
    assert run_folder(place) == place
    assert run_folder(place / "nothing") == place / "nothing"


HOSTILE: dict[str, tuple[Member, str]] = {
    "absolute": (file("/tmp/evil"), "leads out"),
    "above": (file("run/../../evil"), "leads out"),
    "no folder": (file("evil"), "leads out"),
    "hidden": (file("run/.ssh/authorized_keys"), "hidden"),
    "link": (file("run/a.txt", b"", tarfile.SYMTYPE, "/etc/passwd"), "not a plain file"),
    "hard link": (file("run/a.txt", b"", tarfile.LNKTYPE, "run/contents.json"), "not a plain file"),
    "device": (file("run/a.txt", b"", tarfile.CHRTYPE), "not a plain file"),
    "queue": (file("run/a.txt", b"", tarfile.FIFOTYPE), "not a plain file"),
    "unlisted": (file("run/b.txt"), "not in its contents.json"),
    "changed": (file("run/a.txt", b"y"), "not the file"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_must_not_be_in_an_archive_is_refused(kind: str, place: Path) -> None:
    member, sentence = HOSTILE[kind]
    assert sentence in refused(place, archive([listing({"a.txt": b"x"}), member]))


def test_more_ways_to_lie(place: Path) -> None:
    assert "twice" in refused(place, archive([listing({"a.txt": b"x"}), file("run/a.txt"), file("run/a.txt")]))
    assert "lacks a.txt" in refused(place, archive([listing({"a.txt": b"x"})]))
    assert "does not begin" in refused(place, archive([file("run/a.txt")]))
    assert "does not begin" in refused(place, archive([]))
    both = archive([listing({"a": b"x", "a/b": b"x"}), file("run/a"), file("run/a/b")])
    assert "a file and a folder" in refused(place, both)
    for start in ("..", "/", "../in", "none", "a.txt"):
        refused(place, archive([listing({"a.txt": b"x"}, start), file("run/a.txt")]))
    assert "format" in refused(place, archive([file("run/contents.json", b"{}")]))
    assert "neither the folder" in refused(place, b"n,error\n1,2\n")


def test_a_bomb_is_refused_before_the_disk_is_full(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_run, "MOST_BYTES", 2**21)
    assert "unpacks to more than" in refused(place, archive([file("run/contents.json", bytes(2**22))]))


def test_a_header_that_asks_for_all_memory_is_refused(place: Path) -> None:
    head = tarfile.TarInfo("run/contents.json")
    head.type, head.size = tarfile.XHDTYPE, 2**33 - 1
    assert "header of" in refused(place, gzip.compress(head.tobuf(tarfile.USTAR_FORMAT) + bytes(2**16)))
    head.type = tarfile.REGTYPE
    assert "valid: at most" in refused(place, gzip.compress(head.tobuf(tarfile.USTAR_FORMAT) + bytes(2**16)))


def test_a_torn_archive_is_one_sentence_on_the_command_line(mtam: Mtam, here: Path) -> None:
    (here / "run.tar.gz").write_bytes(GOOD[: len(GOOD) // 2])
    for command in (("report",), ("claims",)):
        said = mtam(*command, "run.tar.gz")
        assert said.code == 2
        assert "no whole archive of mtam pack" in said.err
        assert len(said.err.splitlines()) == 1
    assert [path.name for path in here.iterdir()] == ["run.tar.gz"]


def names() -> st.SearchStrategy[str]:
    parts = st.sampled_from(
        ["run", "..", ".", "", "a", "b", "records", "contents.json", "~", "\\", "\n", "é", "x" * 300]
    )
    return st.lists(parts, min_size=1, max_size=4).map("/".join)


def members() -> st.SearchStrategy[Member]:
    kinds = [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.GNUTYPE_SPARSE, b"Z"]
    return st.builds(file, names(), st.binary(max_size=20), st.sampled_from(kinds), names())


def check_harmless(body: bytes) -> None:
    """Either refused, or everything lies in the folder that is named; never more than that."""
    with tempfile.TemporaryDirectory() as top:
        place = Path(top) / "in"
        place.mkdir()
        (place / "run.tar.gz").write_bytes(body)
        try:
            folder = run_folder(place / "run.tar.gz")
        except UsageError:
            assert sorted(path.name for path in Path(top).rglob("*")) == ["in", "run.tar.gz"]
            return
        assert sorted(os.listdir(top)) == ["in"]
        assert sorted(os.listdir(place)) == ["run-unpacked", "run.tar.gz"]
        assert folder == place / "run-unpacked" or folder.is_relative_to(place / "run-unpacked")
        assert not [path for path in Path(top).rglob("*") if path.is_symlink() or not (path.is_file() or path.is_dir())]


@given(st.lists(members(), max_size=4), st.booleans())
def test_any_members_are_harmless(given_members: list[Member], listed: bool) -> None:
    inside = {m.name.removeprefix("run/"): content for m, content in given_members if m.isreg()}
    check_harmless(archive([*([listing(inside)] if listed else []), *given_members]))


@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=3), st.booleans())
def test_any_change_of_bytes_is_harmless(where: int, new: bytes, packed: bool) -> None:
    body = bytearray(GOOD if packed else gzip.decompress(GOOD))
    at = where % len(body)
    body[at : at + len(new)] = new
    check_harmless(bytes(body) if packed else gzip.compress(bytes(body)))


@given(st.integers(0, len(GOOD) - 1))
def test_any_beginning_of_an_archive_is_refused(length: int) -> None:
    with tempfile.TemporaryDirectory() as top:
        path = Path(top) / "run.tar.gz"
        path.write_bytes(GOOD[:length])
        with pytest.raises(UsageError):
            run_folder(path)


def test_names_are_plain() -> None:
    assert contents.is_plain("records/é.json")
    assert not contents.is_plain("a/..")
    assert not contents.is_plain("a\\b")
