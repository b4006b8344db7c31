"""Whatever words follow ``mtam``: exit code 0, 1 or 2, in time, in words; nothing is written on 2.

``MTAM_TEST_WORDS=2000`` tries so many command lines; in the suite it is 200.
"""

import io
import os
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from mtam.base import conf_files
from mtam.base.errors import RunError
from mtam.checks import finding_folder
from mtam.cli import main
from mtam.config import plan_sweep
from mtam.sweep import launch
from mtam.sweep.signals import STOPPING
from tests.conftest import TINY, Said

CASES = int(os.environ.get("MTAM_TEST_WORDS", "200"))
CPU_SECONDS = 20

# Words that stand for paths made by the test: a table, the folder of a run without records, a folder with a file in it.
TABLE, RUN, STRANGE = "<table>", "<run>", "<strange>"

ABSURD = st.one_of(
    st.sampled_from(
        ["", " ", "=", "==", "a", "-", "--", "---", "-x", "--x", "--x=", "..", ".", "/", "~", "~nobody-there/x", "\t",
         "a\nb", "\x1b[31m", "\u202eabc", "\udcff", "é=1", "🙂", "'", '"', "\\", "$HOME", "${HOME}", "%s", "{}", "[",
         "]", "[[", "(", "a=(", "None", "null", "nan", "-1", "1e400", "9" * 5000, "x" * 300, "x" * 20_000, "ab/" * 1500,
         "/dev/null", "/dev/full", "/proc/x", "/nonexistent/x", "a=b=c", "+a=1", "~a", "++a=1", "a@b=1", "hydra.x=1",
         "hydra/launcher=x", "defaults=1", "sweep.axes={}", "@file", "*", "-h", "--help", "--version"]
    ),
    st.text(max_size=20).map(lambda text: text.replace("\0", "")),  # no program can be given a NUL
)  # fmt: skip
NUMBERS = st.one_of(
    st.sampled_from(["0", "1", "2", "3", "0.5", "-1", "1e-300", "1e300", "inf", "nan", "1e400", "9" * 400, "1e9",
                     "true", "null", "100000", "64", "0x10", "1_0", "007", "1.0"]),
    st.integers(-(10**6), 10**6).map(str),
    st.floats().map(repr),
)  # fmt: skip
OPTIONS = [name for group in conf_files.GROUPS for name in conf_files.options(group)]
ATOMS = st.one_of(
    NUMBERS, st.sampled_from([*OPTIONS, "iid", "simplex", "tanh", "a", "'a b'", "${data.noise}", "[]", "{}"])
)


def mostly(likely: "st.SearchStrategy[str]", rare: "st.SearchStrategy[str]") -> "st.SearchStrategy[str]":
    """``likely`` three times in four; a plain union would be flattened and its many absurd branches prevail."""
    return st.sampled_from([False, True, False, False]).flatmap(lambda turn: rare if turn else likely)


PLAUSIBLE = st.one_of(
    st.sampled_from(["0.5", "1", "2", "3", "8", "64", "0.1,1", "1,2", "[8,16]", "range(1,3)"]), st.sampled_from(OPTIONS)
)
VALUES = st.one_of(
    ATOMS,
    st.lists(ATOMS, min_size=2, max_size=4).map(",".join),
    st.lists(ATOMS, max_size=4).map(lambda values: f"[{','.join(values)}]"),
    st.tuples(st.sampled_from(["range", "choice", "interval", "glob", "sort", "shuffle", "tag", "int", "float", "str"]),
              st.lists(ATOMS, max_size=3)).map(lambda call: f"{call[0]}({','.join(call[1])})"),
    st.integers(1, 3000).map(lambda count: "choice(" + ",".join(map(str, range(count))) + ")"),
    st.integers(1, 600).map(lambda deep: "[" * deep + "1" + "]" * deep),
    ABSURD,
)  # fmt: skip


PATHS = mostly(st.sampled_from(["x", "new/x", "~/x", TABLE, RUN, STRANGE, "x.npz", "x.csv"]), ABSURD)
PLACES = PATHS.map(lambda path: [path])


def keys_of(*files: str) -> "st.SearchStrategy[str]":
    return st.sampled_from(sorted({key for file in files for key in conf_files.keys(file)}))


def settings_of(*files: str) -> "st.SearchStrategy[list[str]]":
    """A few KEY=VALUE, most of them with a key that is there, many with a value that it may have."""
    keys = keys_of(*files)
    likely = st.tuples(keys, PLAUSIBLE).map("=".join)
    odd = st.one_of(st.tuples(keys, VALUES), st.tuples(keys, NUMBERS), st.tuples(ABSURD, VALUES)).map("=".join)
    return st.lists(mostly(likely, mostly(odd, ABSURD)), max_size=3, unique_by=lambda word: word.partition("=")[0])


def flat(parts: Iterable[list[str]]) -> list[str]:
    return list(chain.from_iterable(parts))


def options(*names: str) -> "st.SearchStrategy[list[str]]":
    """A few options with their values, or what might be taken for some."""
    flags = {"--json", "-q", "--force", "--strict", "--retry-failed", "--fail-fast", "--extend", "--detach", "--floor"}
    value = {
        "--out": PATHS, "--data": PATHS, "--reference": PATHS, "--device": st.sampled_from(["cpu", "auto", "gpu", ""]),
        "--launcher": st.sampled_from(["inline", "local", "slurm", "x"]), "--law": st.sampled_from(
            ["power", "sub-polynomial", "log-power", "entropy-balance", "x"]),
    }  # fmt: skip

    def one(name: str) -> "st.SearchStrategy[list[str]]":
        if name in flags:
            return st.just([name])
        given = value.get(name, st.one_of(NUMBERS, ABSURD))
        return given.flatmap(lambda word: st.sampled_from([[name, word], [f"{name}={word}"]]))

    return st.lists(st.sampled_from(names).flatmap(one), max_size=2).map(flat)


COMMON = ("--out", "--json", "-q", "--force")
RUNNING = (*COMMON, "--launcher", "--workers", "--device")
SWEEPING = (*RUNNING, "--retry-failed", "--fail-fast", "--extend", "--detach", "--task-id", "--num-tasks")
FITTING = (*RUNNING, "--data", "--d", "--rank", "--tokens", "--samples", "--degree", "--seed")


def names_in(group: str, *more: str) -> "st.SearchStrategy[list[str]]":
    known = st.sampled_from([*conf_files.options(group), *more])
    return mostly(known, ABSURD).map(lambda name: [name])


def line(*parts: "st.SearchStrategy[list[str]] | str") -> "st.SearchStrategy[list[str]]":
    return st.tuples(*(st.just([part]) if isinstance(part, str) else part for part in parts)).map(flat)


# --dry-run stands where nothing can swallow it.
LINES = st.one_of(
    line("sweep", "--dry-run", names_in("sweep"), settings_of("sweep/alpha", "sweep/d"), options(*SWEEPING)),
    line("sweep", "--dry-run", "alpha", settings_of("sweep/alpha"), options(*SWEEPING)),
    line("sweep", "--dry-run", "d", settings_of("sweep/d"), options(*SWEEPING)),
    line("fit-ips", "--dry-run", settings_of("fit_ips"), options(*FITTING)),
    line("reproduce", "--dry-run", options("--scale", "--strict", *RUNNING)),
    line("reproduce", "--dry-run", "--scale", "smoke", options("--strict", *RUNNING)),
    line("check", names_in("check", "all"), settings_of("check/coercivity", "check/fano"), options(*COMMON)),
    line("config", "sweep", names_in("sweep"), settings_of("sweep/alpha"), options("--json")),
    line("config", "fit-ips", settings_of("fit_ips"), options("--json")),
    line("config", "check", names_in("check", "all"), settings_of("check/remark3"), options("--json")),
    line("rates", PLACES, options("--law", "--gamma", "--floor", "--reference", "--out", "--json", "-q")),
    line("rates", TABLE, options("--law", "--gamma", "--floor", "--reference", "--out", "--json", "-q")),
    line("status", PLACES, options("--json")),
    line("report", PLACES, options("--json", "-q")),
    line("claims", PLACES, options("--json", "-q", "--strict", "--verify")),
    line("list", options("--json")),
    st.lists(ABSURD, max_size=4),
)  # fmt: skip


class TooLong(BaseException):
    """More processor time than a command that computes nothing may take."""


def _too_long(*_: object) -> None:
    raise TooLong


@contextmanager
def bounded() -> Iterator[None]:
    """Processor time, because the machine may be busy with other things."""
    kept = {number: signal.getsignal(number) for number in (*STOPPING, signal.SIGPROF)}
    hooks = sys.unraisablehook, warnings.showwarning
    signal.signal(signal.SIGPROF, _too_long)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        for number, handler in kept.items():
            signal.signal(number, handler)
        sys.unraisablehook, warnings.showwarning = hooks


def said(args: list[str], cwd: Path) -> Said:
    """``mtam ARGS`` in this process; a traceback is an exit code of its own, 70."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)]
    before, sys.argv = sys.argv, ["mtam", *args]
    try:
        with bounded(), chdir(cwd), redirect_stdout(streams[0]), redirect_stderr(streams[1]):
            try:
                main()
            except SystemExit as stop:
                code = stop.code if isinstance(stop.code, int) else 1 if stop.code else 0
            except (Exception, TooLong):
                traceback.print_exc()
                code = 70
    finally:
        sys.argv = before
    out, err = (stream.buffer.getvalue().decode() for stream in streams)
    return Said(code, out, err)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The paths behind the words that stand for some."""
    place = tmp_path_factory.mktemp("made")
    rows = [f"{n},{n**-0.5 * (1 + 0.01 * seed)},{seed}" for n in (16, 32, 64, 128, 256) for seed in (0, 1, 2)]
    (place / "table.csv").write_text("\n".join(["n,error,seed", *rows]) + "\n")
    plan_sweep("alpha", TINY).write(place / "run")
    (place / "strange").mkdir()
    (place / "strange" / "notes.txt").write_text("precious")
    return {TABLE: str(place / "table.csv"), RUN: str(place / "run"), STRANGE: str(place / "strange")}


@pytest.fixture(scope="module", autouse=True)
def nothing_is_computed() -> Iterator[None]:
    """What gets as far as computing has been understood."""

    def computing(*_: object, **__: object) -> None:
        raise RunError("this would be computed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "run", computing)
        patch.setattr(finding_folder, "compute", computing)
        patch.setenv("MTAM_TEST_SECRET", "hunter2")
        yield


@settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
@given(words=LINES)
def test_any_words_are_understood_or_refused_in_one_sentence(words: list[str], made: dict[str, str]) -> None:
    args = [made.get(word, word) for word in words]
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        cwd, home = Path(place) / "cwd", Path(place) / "home"
        cwd.mkdir()
        home.mkdir()
        patch.setenv("HOME", str(home))
        began = time.process_time()
        found = said(args, cwd)
        written = [path for path in (*cwd.iterdir(), *home.iterdir()) if path.name not in (".cache", ".config")]
    event(f"exit code {found.code}")
    event(f"{words[0] if words else 'nothing'}: {'slow' if time.process_time() - began > 2 else 'quick'}")
    assert found.code in (0, 1, 2), found.err
    assert "Traceback" not in found.err
    if found.code == 2:
        assert not written
        assert found.out == ""
        helped = found.err.startswith("Usage:")
        assert helped or (found.err.startswith("mtam: ") and len(found.err.splitlines()) == 1), found.err
        assert helped or len(found.err) < 2200
    if "--dry-run" in args or args[:1] in (["config"], ["status"], ["list"]):
        assert not written
