"""A problem in one file: what is wrong in it is told with its line, and nothing that was not named is ever run."""

import json
import pickle
import re
import shlex
import signal
import sys
from pathlib import Path
from types import ModuleType

import pytest

from mtam.base.errors import UsageError
from mtam.problems import problem_files
from mtam.problems.problem_files import digest, load_file
from mtam.report.settings_sources import command
from mtam.sweep import planning
from mtam.sweep.cluster.slurm_task import Task
from tests.conftest import REPO, Mtam

EXAMPLES = REPO / "src" / "mtam" / "problems" / "examples"
MEAN = (EXAMPLES / "gaussian_mean.py").read_text()
SMALL = ("sweep.sizes=[16,32]", "sweep.seeds=2")
INLINE = ("--launcher", "inline", "--out", "run", "--quiet")

HEAD = '''"""A problem."""
from mtam.problems.own import *
class Data(DataSettings):
    d: int = 2
class Fit(EstimatorSettings):
    pass
def run(trials, *, device, tick, checkpoint=None):
    return [{"error": 1.0 / trial.n} for trial in trials]
SWEEP = SweepDefaults(n_min=4, n_max=8, seeds=2)
LAW = {"name": "power_law", "exponent": 1.0}
'''
GOOD = 'PROBLEM = OwnProblem(name="tiny", data=Data, estimators={"fit": Fit}, run=run, law=LAW, sweep=SWEEP)\n'


@pytest.fixture
def mean(here: Path) -> Path:
    """The example, as a file in the working folder."""
    path = here / "my_rate.py"
    path.write_text(MEAN)
    return path


def forget(code: str) -> None:
    """As another process would be: the file of this digest has not been named."""
    problem_files._loaded.pop(code, None)


FAULTS = {
    "x = (\n": r", line 1: '\(' was never closed\.",
    "import nowhere_at_all\n": r", line 1: ModuleNotFoundError: No module named 'nowhere_at_all'\.",
    "x = 1\n": r": PROBLEM must be an OwnProblem\(\.\.\.\) of mtam\.problems\.own, and is nothing\.",
    "PROBLEM = 3\n": r": PROBLEM must be .*, and is int\.",
    "import sys\nsys.exit(3)\n": r", line 2: SystemExit: 3\.",
    HEAD + GOOD.replace("tiny", "Tiny!"): r", line 11: name: 'Tiny!' is no name; valid: a small letter, .*",
    HEAD + GOOD.replace("tiny", "recall"): r": name: 'recall' is the name of a built-in problem; .*",
    HEAD + GOOD.replace("law=LAW, ", ""): r", line 11: TypeError: .*missing .*'law'\.",
    HEAD + GOOD.replace("LAW", "{'name': 'magic'}"): r", line 11: unknown law 'magic'; valid: power_law, .*",
    HEAD + GOOD.replace("data=Data", "data=dict"): r", line 11: data must be a class derived from DataSettings\.",
    HEAD.replace("d: int = 2", "d: int") + GOOD: r", line 11: data: Data\.d has no default; .*",
    HEAD.replace("d: int = 2", "d: int = 'two'") + GOOD: r", line 11: ValidationError: .*d Input should be .*",
    HEAD
    + "def law(trial):\n    return {}[trial.n]\n"
    + GOOD.replace("=LAW", "=law"): r", line 12, in law: KeyError: 64\.",
}


@pytest.mark.parametrize(("text", "sentence"), FAULTS.items(), ids=FAULTS.values())
def test_a_faulty_declaration_is_a_sentence_with_its_line(text: str, sentence: str, mtam: Mtam, here: Path) -> None:
    (here / "own.py").write_text(text)
    before = set(sys.modules)
    done = mtam("sweep", "own.py", "--out", "run")
    assert done.code == 2
    assert done.out == ""
    assert re.fullmatch(rf"mtam: own\.py{sentence}\n", done.err), done.err
    assert [path.name for path in here.iterdir()] == ["own.py"]
    assert not [name for name in set(sys.modules) - before if name.startswith("mtam_problem_")]


def test_a_file_that_cannot_be_read_is_a_sentence(here: Path) -> None:
    with pytest.raises(UsageError, match=r"^gone\.py cannot be read: No such file or directory\.$"):
        load_file(Path("gone.py"))
    (here / "latin.py").write_bytes(b"x = '\xe9'\n")
    with pytest.raises(UsageError, match=r"^latin\.py is no Python file: invalid continuation byte at byte 5\.$"):
        load_file(Path("latin.py"))


def test_what_it_imports_has_to_be_installed(here: Path) -> None:
    (here / "helper_of_mine.py").write_text("x = 1\n")
    (here / "own.py").write_text("import helper_of_mine\n")
    with pytest.raises(UsageError, match="A problem is one file: what it imports has to be installed"):
        load_file(Path("own.py"))


def test_a_file_is_run_once_for_every_content(mean: Path) -> None:
    first = load_file(mean)
    assert load_file(mean) is first
    mean.write_text(MEAN + "# changed\n")
    second = load_file(mean)
    assert second is not first
    trials = [found.trial().model_validate({"n": 16, "seed": 0, "model": {}}) for found in (first, second)]
    assert trials[0].key() != trials[1].key()
    with pytest.raises(UsageError, match=r"my_rate\.py has changed: its digest is "):
        load_file(mean, first.source.code)


def test_every_setting_and_the_text_of_the_file_enter_the_key(mean: Path) -> None:
    kind = load_file(mean).trial()
    base = {"n": 16, "seed": 0, "data": {"d": 3}, "model": {"name": "shrunk", "factor": 0.25}}
    keys = {kind.model_validate(base).key()}
    for change in (
        {"n": 17},
        {"seed": 1},
        {"data": {"d": 4}},
        {"model": {"name": "shrunk"}},
        {"model": {"name": "first_half"}},
    ):
        keys.add(kind.model_validate(base | change).key())
    assert len(keys) == 6


@pytest.mark.usefixtures("mean")
def test_a_sweep_goes_through_the_whole_engine(mtam: Mtam, here: Path) -> None:
    done = mtam("sweep", "my_rate.py", *INLINE, "--json", *SMALL)
    assert done.code == 0, done.err
    summary = json.loads(done.out)
    assert (summary["sweep"], summary["computed"], summary["failed"]) == ("gaussian_mean", 12, 0)
    again = mtam("sweep", "my_rate.py", *INLINE, "--json", *SMALL)
    assert json.loads(again.out)["computed"] == 0
    (lost := sorted((here / "run" / "records").iterdir())[3]).unlink()
    assert "1 of 12 trials would be computed" in mtam("sweep", "my_rate.py", *SMALL, "--out", "run", "--dry-run").out
    assert json.loads(mtam("sweep", "my_rate.py", *INLINE, "--json", *SMALL).out)["computed"] == 1
    assert lost.exists()
    page = (here / "run" / "report.html").read_text()
    assert "squared error of the mean of a Gaussian vector against n" in page
    assert "mtam sweep my_rate.py" in page
    assert (here / "run" / "problem.py").read_text() == MEAN


@pytest.mark.usefixtures("mean")
def test_the_page_names_the_command_that_leads_to_the_run(mtam: Mtam, here: Path) -> None:
    words = (*SMALL, "model=shrunk", "model.factor=0.25,0.5", "data.sigma=2.0")
    assert mtam("sweep", "my_rate.py", *INLINE, *words).code == 0
    told = command(planning.read(here / "run")).split()
    assert told[:3] == ["mtam", "sweep", "my_rate.py"]
    assert not [word for word in told if "code" in word]
    again = mtam(*shlex.split(" ".join(told))[1:], "--out", "run", "--dry-run")
    assert "0 of 8 trials would be computed" in again.out, again.err


def test_changed_code_is_another_run(mean: Path, mtam: Mtam) -> None:
    assert mtam("sweep", "my_rate.py", *INLINE, *SMALL).code == 0
    mean.write_text(MEAN + "# more\n")
    refused = mtam("sweep", "my_rate.py", *INLINE, *SMALL)
    assert refused.code == 2
    assert "already holds another gaussian_mean run (code was '" in refused.err


@pytest.mark.usefixtures("mean")
def test_workers_run_the_text_that_the_sweep_began_with(mtam: Mtam, here: Path) -> None:
    assert mtam("sweep", "my_rate.py", *INLINE, *SMALL).code == 0
    done = mtam("sweep", "my_rate.py", "--workers", "2", "--out", "other", "--quiet", *SMALL)
    assert done.code == 0, done.err
    assert (here / "run" / "curve.csv").read_bytes() == (here / "other" / "curve.csv").read_bytes()


def test_a_task_of_slurm_runs_the_kept_text(mean: Path, mtam: Mtam, here: Path) -> None:
    """What SLURM starts is a pickled task in a new process: here it is called in one that has named nothing."""
    assert mtam("sweep", "my_rate.py", *INLINE, *SMALL).code == 0
    plan = planning.read(here / "run")
    records = {path: json.loads(path.read_text())["numbers"] for path in (here / "run" / "records").iterdir()}
    for path in records:
        path.unlink()
    mean.write_text("raise RuntimeError('edited while the job was waiting')\n")
    task = pickle.loads(pickle.dumps(Task(here / "run", plan.packs, "cpu", 1, False, plan.code)))
    assert plan.code is not None
    forget(plan.code)
    handlers = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGUSR2)}
    try:
        task()
    finally:
        for name, handler in handlers.items():
            signal.signal(name, handler)
    assert records == {path: json.loads(path.read_text())["numbers"] for path in records}


def test_a_folder_is_read_without_running_its_file(mean: Path, mtam: Mtam, here: Path) -> None:
    text = MEAN + "open('ran.txt', 'a').write('x')\n"
    mean.write_text(text)
    assert mtam("sweep", "my_rate.py", *INLINE, *SMALL).code == 0
    with_code = {name: (here / "run" / name).read_bytes() for name in ("curve.csv", "rates.csv", "curves.csv")}
    assert (here / "ran.txt").read_text() == "x"
    forget(digest(text.encode()))
    (here / "my_rate.py").unlink()
    for words in (("report", "run"), ("status", "run"), ("claims", "run")):
        done = mtam(*words)
        assert done.code == 0, done.err
    assert (here / "ran.txt").read_text() == "x"
    assert with_code == {name: (here / "run" / name).read_bytes() for name in with_code}
    rows = {row["id"]: row for row in json.loads((here / "run" / "claims.json").read_text())}
    assert {"gaussian-mean-rate", "gaussian-mean-control"} <= rows.keys()
    named = mtam("report", "run", "--problem", "run/problem.py")
    assert named.code == 0, named.err
    assert (here / "ran.txt").read_text() == "xx"


def test_a_file_of_another_text_is_not_the_problem_of_a_run(mean: Path, mtam: Mtam) -> None:
    assert mtam("sweep", "my_rate.py", *INLINE, *SMALL).code == 0
    mean.write_text(MEAN + "# more\n")
    for word in ("report", "claims"):
        refused = mtam(word, "run", "--problem", "my_rate.py")
        assert refused.code == 2
        assert refused.err.startswith("mtam: my_rate.py is not the file that run was made with, or has changed since;")


TABLES = """
def tables(trials, numbers):
    return [Table(name="largest", title="Largest", headings=["n"], rows=[[max(trial.n for trial in trials)]])]
"""


def test_tables_of_its_own_need_the_file(mtam: Mtam, here: Path) -> None:
    text = HEAD + TABLES + GOOD.replace("law=LAW", "law=LAW, tables=tables")
    (here / "own.py").write_text(text)
    assert mtam("sweep", "own.py", *INLINE).code == 0
    assert (here / "run" / "largest.csv").read_text().split() == ["n", "8"]
    forget(digest(text.encode()))
    done = mtam("report", "run")
    assert "own.py that makes them is not run unless it is named: mtam report run --problem own.py" in done.prose
    assert "Largest" not in done.out
    assert "Largest" in mtam("report", "run", "--problem", "own.py").out


def test_what_its_tables_raise_is_a_sentence(mtam: Mtam, here: Path) -> None:
    (here / "own.py").write_text(
        HEAD + "def tables(t, n):\n    return 1 / 0\n" + GOOD.replace("law=LAW", "law=LAW, tables=tables")
    )
    done = mtam("sweep", "own.py", *INLINE)
    assert done.code == 2
    assert done.err == "mtam: own.py, line 12, in tables: ZeroDivisionError: division by zero.\n"
    assert len(list((here / "run" / "records").iterdir())) == 4  # what was computed is kept


def test_what_run_raises_is_kept_with_its_traceback(mtam: Mtam, here: Path) -> None:
    text = HEAD.replace("1.0 / trial.n}", "1.0 / (trial.n - 4)}") + GOOD
    (here / "own.py").write_text(text)
    done = mtam("sweep", "own.py", *INLINE, "--json")
    assert done.code == 1
    assert json.loads(done.out)["failed"] == 2
    records = [json.loads(path.read_text()) for path in (here / "run" / "records").iterdir()]
    failed = [record for record in records if "failure" in record]
    assert {record["failure"] for record in failed} == {"ZeroDivisionError: float division by zero"}
    assert all('own.py", line 8, in' in record["traceback"] for record in failed)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ('{"mse": 1.0}', "an answer that no record can hold: error: Field required"),
        ('{"error": -1.0}', "an answer that no record can hold: error: Input should be greater than or equal to 0"),
        ('{"error": float("nan")}', "not finite: error"),
        ("3.0", "TypeError: an answer must be a dict of numbers by name, and is float"),
    ],
)
def test_an_answer_that_is_none_is_a_failure(answer: str, sentence: str, mtam: Mtam, here: Path) -> None:
    (here / "own.py").write_text(HEAD.replace('{"error": 1.0 / trial.n}', answer) + GOOD)
    assert mtam("sweep", "own.py", *INLINE).code == 1
    records = [json.loads(path.read_text()) for path in (here / "run" / "records").iterdir()]
    assert {record["failure"] for record in records} == {sentence}


def test_a_claim_that_is_wrong_is_told_before_anything_runs(mtam: Mtam, here: Path) -> None:
    claims = 'claims=[{"id": "x", "claim": "c", "source": "s", "why": "w", "judge": {"way": "magic"}}]'
    (here / "own.py").write_text(HEAD + GOOD.replace("law=LAW", f"law=LAW, {claims}"))
    done = mtam("sweep", "own.py", *INLINE)
    assert done.code == 2
    assert done.err.startswith("mtam: claims.0.judge = {'way': 'magic'}: ")
    assert not (here / "run").exists()


def test_a_manifest_that_lies_about_its_problem_is_refused(mean: Path, mtam: Mtam, here: Path) -> None:
    text = MEAN + "# lie\n"
    mean.write_text(text)
    assert mtam("sweep", "my_rate.py", *INLINE, *SMALL).code == 0
    forget(digest(text.encode()))
    path = here / "run" / "manifest.json"
    whole = path.read_text()

    def refused(change: str, by: str, sentence: str) -> None:
        assert change in whole
        path.write_text(whole.replace(change, by))
        done = mtam("status", "run")
        assert done.code == 2
        assert sentence in done.err

    refused('"name": "power_law"', '"name": "magic"', "unknown law 'magic'")
    refused(
        '"problem": "gaussian_mean",\n "digest"',
        '"problem": "recall",\n "digest"',
        "it declares recall, which is built in",
    )
    refused('"sigma": 1.0', '"sigma": 2.0', "was made by a version of mtam with other settings")


def test_an_installed_package_brings_a_problem(
    mtam: Mtam, here: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path_factory.mktemp("site")
    (site / "rate_of_means.py").write_text(MEAN)
    info = site / "rate_of_means-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rate-of-means\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(
        "[mtam.problems]\ngaussian_mean = rate_of_means:PROBLEM\nother = rate_of_means:PROBLEM\n"
    )
    monkeypatch.syspath_prepend(site)
    done = mtam("sweep", "gaussian_mean", *INLINE, *SMALL)
    assert done.code == 0, done.err
    assert isinstance(sys.modules["rate_of_means"], ModuleType)
    assert "mtam sweep gaussian_mean" in (here / "run" / "report.html").read_text()
    assert mtam("report", "run").code == 0
    again = mtam("sweep", "gaussian_mean", "--problem", "gaussian_mean", *INLINE, *SMALL)  # as for its further sweeps
    assert again.code == 0, again.err
    unknown = mtam("sweep", "further", "--problem", "gaussian_mean", *INLINE)
    assert (unknown.code, "further" in unknown.err) == (2, True)
    refused = mtam("sweep", "other", *INLINE, *SMALL)
    assert refused.code == 2
    assert "the installed problem other: " in refused.err
    assert "its name is 'gaussian_mean', and that of the entry point 'other'" in refused.err
