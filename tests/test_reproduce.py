"""A reproduction: jobs one after the other, the claims judged, everything resumable."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from mtam.base import conf_files
from tests.conftest import REPO, TINY, Mtam


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A configuration folder with a scale of seconds."""
    conf = tmp_path / "conf"
    copytree(REPO / "conf", conf)
    settings = "\n".join(f"      - {text!r}" for text in TINY)
    (conf / "reproduce" / "tiny.yaml").write_text(f"jobs:\n  - sweep: alpha\n    settings:\n{settings}\n")
    monkeypatch.setenv("MTAM_CONF", str(conf))
    conf_files.conf_dir.cache_clear()
    yield
    monkeypatch.delenv("MTAM_CONF")
    conf_files.conf_dir.cache_clear()


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sweep of that scale in its folder, for tests of what comes after it."""
    where = tmp_path_factory.mktemp("swept")
    words = ["sweep", "alpha", *TINY, "--launcher", "inline", "--quiet"]
    subprocess.run([sys.executable, "-m", "mtam", *words], cwd=where, check=True, capture_output=True)
    (folder,) = (where / "outputs").iterdir()
    return folder


@pytest.mark.usefixtures("tiny")
def test_a_reproduction_leaves_claims_and_resumes(mtam: Mtam, here: Path) -> None:
    said = mtam("reproduce", "--scale", "tiny", "--out", "runs", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    parent = Path(told["out"])
    assert parent == Path("runs/reproduce-tiny")
    assert {"jobs.json", "claims.csv", "claims.json", "report.html"} <= {path.name for path in parent.iterdir()}
    assert json.loads((parent / "claims.json").read_text()) == told["claims"]
    before = (parent / "claims.csv").read_bytes()
    again = json.loads(mtam("reproduce", "--scale", "tiny", "--out", "runs", "--json").out)
    assert [job["computed"] for job in again["jobs"]] == [0]
    rebuilt = mtam("claims", str(parent), "--json")
    assert json.loads(rebuilt.out)["claims"] == told["claims"]
    assert (parent / "claims.csv").read_bytes() == before
    del here


def test_claims_of_a_run_leave_its_own_page_alone(mtam: Mtam, here: Path) -> None:
    assert mtam("sweep", "alpha", *TINY, "--out", "run", "--launcher", "inline", "--quiet").code == 0
    before = (here / "run" / "report.html").read_bytes()
    assert mtam("claims", "run", "--quiet").code == 0
    assert (here / "run" / "report.html").read_bytes() == before
    text = (here / "run" / "claims.html").read_text()
    assert '<section id="claims"' in text
    assert "further claims live in runs that are not here" in text
    assert mtam("sweep", "alpha", *TINY, "--out", "run", "--launcher", "inline", "--quiet").code == 0


@pytest.mark.usefixtures("tiny")
def test_the_page_of_a_reproduction_shows_its_checks(mtam: Mtam, here: Path, swept: Path) -> None:
    copytree(swept, here / "runs" / swept.name)
    scale = conf_files.conf_dir() / "reproduce" / "tiny.yaml"
    cheap = "laws=[cube]", "dims=[1]", "tokens=[3]", "samples=1000"
    scale.write_text(
        scale.read_text() + "  - check: coercivity\n    settings:\n" + "".join(f"      - {each}\n" for each in cheap)
    )
    assert mtam("reproduce", "--scale", "tiny", "--out", "runs", "--quiet").code == 0
    text = (here / "runs" / "reproduce-tiny" / "report.html").read_text()
    assert "1 run and 1 check" in text
    (name,) = [path.name for path in (here / "runs").iterdir() if path.name.startswith("check-")]
    assert f'href="#{name}"' in text
    assert f'href="../{name}/ratios.csv"' in text
    assert (here / "runs" / name / "report.html").is_file()
    again = mtam("claims", "runs/reproduce-tiny", "--quiet")
    assert again.code == 0
    assert (here / "runs" / "reproduce-tiny" / "report.html").read_text() == text.replace(
        "mtam: both papers at tiny scale", "mtam: claims judged by reproduce-tiny"
    )


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(("name", "code"), [("jobs.json", 2), ("claims.csv", 1), ("report.html", 1)])
def test_what_cannot_be_written_is_one_sentence(mtam: Mtam, here: Path, swept: Path, name: str, code: int) -> None:
    """A folder lies where a file is to go, which stops even root."""
    copytree(swept, here / "runs" / swept.name)
    parent = here / "runs" / "reproduce-tiny"
    (parent / name).mkdir(parents=True)
    reproduce = ("reproduce", "--scale", "tiny", "--out", "runs", "--launcher", "inline", "--quiet")
    commands = [reproduce] if name == "jobs.json" else [reproduce, ("claims", str(parent)), ("report", str(parent))]
    for command in commands:
        said = mtam(*command)
        assert (said.code, len(said.err.splitlines())) == (code, 1), said.err
        assert "runs/reproduce-tiny cannot be written: Is a directory" in said.err
        assert not list(parent.glob(".*.tmp"))
    (parent / name).rmdir()
    assert mtam(*reproduce).code == 0
    assert (parent / "claims.json").is_file()


@pytest.mark.usefixtures("tiny")
def test_a_dry_run_writes_nothing(mtam: Mtam, here: Path) -> None:
    assert mtam("reproduce", "--scale", "tiny", "--out", "runs", "--dry-run").code == 0
    assert not (here / "runs").exists()


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("jobs: []", "at least 1 item"),
        ("jobs: [{}]", "one of sweep, check, fit"),
        ("jobs: [{sweep: alfa}]", "did you mean alpha?"),
        ("jobs: [{fit: other}]", "fit-ips"),
        ("nothing: 1", "jobs"),
    ],
)
def test_a_wrong_scale_is_one_sentence(mtam: Mtam, here: Path, content: str, told: str) -> None:
    (conf_files.conf_dir() / "reproduce" / "tiny.yaml").write_text(content)
    said = mtam("reproduce", "--scale", "tiny", "--out", "runs")
    assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1)
    assert told in said.err
    assert not (here / "runs").exists()


@pytest.mark.parametrize(
    ("content", "told"), [("{", "cannot be read"), ('{"jobs": 3}', "cannot be read"), ("[]", "cannot be read")]
)
def test_a_damaged_list_of_jobs_is_one_sentence(mtam: Mtam, here: Path, content: str, told: str) -> None:
    (here / "r").mkdir()
    (here / "r" / "jobs.json").write_text(content)
    said = mtam("claims", "r")
    assert (said.code, said.out) == (2, "")
    assert told in said.err


def test_claims_of_no_run_is_one_sentence(mtam: Mtam, here: Path) -> None:
    (here / "empty").mkdir()
    said = mtam("claims", "empty")
    assert (said.code, said.out) == (2, "")
    assert "is not the folder of a run" in said.err


@pytest.mark.usefixtures("tiny")
def test_a_reproduction_goes_on_where_claims_are_open(mtam: Mtam, here: Path, swept: Path) -> None:
    """Every sweep becomes the first look of a sequence; the claims of the reproduction say so, and resume."""
    copytree(swept, here / "runs" / swept.name)
    command = ("reproduce", "--scale", "tiny", "--out", "runs", "--json", "--until-decided", "--budget", "8s")
    said = mtam(*command)
    assert said.code == 0, said.err
    told = json.loads(said.out)
    (job,) = json.loads((here / told["out"] / "jobs.json").read_text())["jobs"]
    look = json.loads((here / told["out"] / job / "look.json").read_text())["look"]
    judged = [row for row in told["claims"] if row["cell"] and row["value"] is not None]
    assert judged
    assert all(f"look {look} of a sequence" in row["because"] for row in judged)
    assert "What is still open" in said.err or "is decided" in said.err
    assert json.loads(mtam("claims", told["out"], "--json").out)["claims"] == told["claims"]
