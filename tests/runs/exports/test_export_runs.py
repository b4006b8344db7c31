"""Each export is opened by its own reader, and holds what the runs hold."""

import json
import os
import shutil
import sqlite3
import struct
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

import mtam as library
from mtam.runs.console import Messages
from mtam.runs.exports.exported_runs import ExportedRuns
from tests.conftest import TINY, Mtam


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sweeps of one name with other settings."""
    home = tmp_path_factory.mktemp("runs")
    library.sweep("alpha", *TINY, "launcher=inline", out=home / "first")
    fewer = [text for text in TINY if not text.startswith(("model.steps", "sweep.seeds"))]
    library.sweep("alpha", *fewer, "model.steps=3", "sweep.seeds=1", "launcher=inline", out=home / "second")
    return home


@pytest.fixture
def runs(computed: Path, here: Path) -> Path:
    """The same in the working folder."""
    for name in ("first", "second"):
        shutil.copytree(computed / name, here / name)
    return here


def test_csv_holds_trials_rates_and_claims_of_all_runs(runs: Path, mtam: Mtam) -> None:
    assert mtam("pack", "second", "-q").code == 0
    shutil.rmtree(runs / "second")
    said = mtam("export", "first", "second.tar.gz", "--to", "csv", "--out", "tables", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told["rows"]["trials"] == 8 + 4
    trials = pd.read_csv("tables/trials.csv")
    assert trials.groupby("run").size().tolist() in ([8, 4], [4, 8])
    first = library.load_run("first")
    mine = trials[trials["run"] == trials["run"][0]]
    assert mine["error"].to_numpy() == pytest.approx(first.trials["error"].to_numpy(), rel=1e-15)
    assert mine["cell"].unique().tolist() == ["alpha = 1.0", "alpha = 2.0"]
    rates = pd.read_csv("tables/rates.csv")
    assert rates["slope"].iloc[:2].to_numpy() == pytest.approx(first.rates["slope"].to_numpy(), rel=1e-15)
    claims = pd.read_csv("tables/claims.csv")
    assert set(claims["run"]) <= set(trials["run"])
    alone = first.judgements
    expected = alone[alone["id"] != ""]["id"].tolist()
    assert expected
    assert claims[claims["run"] == trials["run"][0]]["id"].tolist() == expected
    assert sorted(path.name for path in runs.iterdir()) == ["first", "second.tar.gz", "tables"]


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed")
def test_parquet_is_read_by_pandas_with_its_types(runs: Path, mtam: Mtam) -> None:
    assert mtam("export", "first", "second", "--to", "parquet", "--out", "tables", "-q").code == 0
    exported = ExportedRuns([runs / "first", runs / "second"])
    read = pd.read_parquet("tables/trials.parquet")
    assert read["error"].tolist() == exported.trials["error"].tolist()
    assert read["n"].dtype.kind == "i"
    assert pd.read_parquet("tables/rates.parquet")["slope"].equals(exported.rates["slope"])


def test_latex_has_a_table_per_sweep_and_check(runs: Path, mtam: Mtam) -> None:
    assert mtam("check", "entropy", "--out", "check", "-q").code == 0
    said = mtam("export", "first", "second", "check", "--to", "latex", "--out", "paper", "--json")
    assert said.code == 0, said.err
    names = [Path(file).name for file in json.loads(said.out)["files"]]
    assert [name.split("-")[0] for name in names].count("rates") >= 2
    assert "claims.tex" in names
    assert any(name.startswith("findings-check-entropy") for name in names)
    for name in names:
        text = (runs / "paper" / name).read_text()
        assert text.count(r"\toprule") == text.count(r"\end{tabular}") == 1
    if shutil.which("pdflatex"):
        inputs = "\n\n".join(rf"\input{{{name}}}" for name in names)
        head = r"\documentclass{article}\usepackage{booktabs}\begin{document}"
        (runs / "paper" / "all.tex").write_text(rf"{head}{inputs}\end{{document}}")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
        done = subprocess.run(
            command, cwd=runs / "paper", capture_output=True, text=True, errors="replace", check=False
        )
        assert done.returncode == 0, done.stdout[-2000:]


def test_findings_of_checks_are_rows(mtam: Mtam, here: Path) -> None:
    assert mtam("check", "entropy", "--out", "check", "-q").code == 0
    assert mtam("export", "check", "--to", "csv", "--out", "tables", "-q").code == 0
    assert sorted(path.name for path in (here / "tables").iterdir()) == ["claims.csv", "findings.csv"]
    findings = pd.read_csv("tables/findings.csv")
    assert set(findings["said"]) <= {"supported", "contradicted", "undecided", "outside"}
    said = mtam("export", "check", "--to", "wandb" if find_spec("wandb") else "csv", "--out", "runs", "-q")
    assert said.code == (2 if find_spec("wandb") else 0)


@pytest.mark.skipif(find_spec("mlflow") is None, reason="mlflow is not installed")
def test_mlflow_reads_every_trial(runs: Path, mtam: Mtam) -> None:
    from mlflow.tracking import MlflowClient

    said = mtam("export", "first", "second", "--to", "mlflow", "--out", "store", "-q")
    assert said.code == 0, said.err
    client = MlflowClient(tracking_uri=f"sqlite:///{runs}/store/mlflow.db")
    exported = ExportedRuns([runs / "first", runs / "second"])
    for name, frame in exported.trials.groupby("run"):
        experiment = client.get_experiment_by_name(str(name))
        found = client.search_runs([experiment.experiment_id])
        assert len(found) == len(frame)
        errors = sorted(run.data.metrics["error"] for run in found)
        assert errors == pytest.approx(sorted(frame["error"]), rel=1e-15)
        assert {run.data.params["data.alpha"] for run in found} == {"1.0", "2.0"}
        assert {run.info.status for run in found} == {"FINISHED"}
        history = client.get_metric_history(found[0].info.run_id, "loss/train")
        assert len(history) > 1


def log_records(content: bytes) -> Iterator[bytes]:
    """The records of a file of W&B: LevelDB's log format, blocks of 32 KiB, after seven bytes that name it."""
    assert content[:4] == b":W&B"
    at, held = 7, b""
    while at + 7 <= len(content):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        length, kind = struct.unpack("<HB", content[at + 4 : at + 7])
        held += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield held
            held = b""


@pytest.mark.skipif(find_spec("wandb") is None, reason="wandb is not installed")
def test_wandb_reads_every_trial(runs: Path, mtam: Mtam) -> None:
    from wandb.proto.wandb_internal_pb2 import Record

    said = mtam("export", "second", "--to", "wandb", "--out", "store", "-q")
    assert said.code == 0, said.err
    told = []
    for file in (runs / "store" / "wandb").glob("offline-run-*/*.wandb"):
        summary: dict[str, str] = {}
        for data in log_records(file.read_bytes()):
            record = Record()
            record.ParseFromString(data)
            for item in record.summary.update:
                summary[item.key or "/".join(item.nested_key)] = item.value_json
        told.append(float(summary["error"]))
    expected = ExportedRuns([runs / "second"]).trials["error"]
    assert sorted(told) == pytest.approx(sorted(expected), rel=1e-12)


@pytest.mark.skipif(find_spec("trackio") is None, reason="trackio is not installed")
def test_trackio_reads_every_trial(runs: Path, mtam: Mtam) -> None:
    said = mtam("export", "second", "--to", "trackio", "--out", "store", "-q")
    assert said.code == 0, said.err
    (file,) = (runs / "store").glob("*.db")
    with sqlite3.connect(file) as base:
        rows = [json.loads(row[0]) for row in base.execute("select metrics from metrics")]
    errors = [row["error"] for row in rows if "error" in row]
    expected = ExportedRuns([runs / "second"]).trials["error"]
    assert sorted(errors) == pytest.approx(sorted(expected), rel=1e-12)


@pytest.mark.parametrize("tool", ["pyarrow", "wandb", "mlflow", "trackio"])
def test_a_missing_package_is_one_sentence(tool: str, runs: Path, mtam: Mtam, monkeypatch: pytest.MonkeyPatch) -> None:
    from mtam.runs.exports import export_runs

    monkeypatch.setattr(export_runs, "find_spec", lambda name: None if name == tool else find_spec(name))
    to = {"pyarrow": "parquet"}.get(tool, tool)
    said = mtam("export", "first", "--to", to, "--out", "store")
    assert said.code == 2
    assert f"pip install 'mtam[{to}]'" in said.err
    assert len(said.err.splitlines()) == 1
    assert not (runs / "store").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("first", "--to", "excel"), "--to excel is unknown; valid: csv, parquet"),
        (("nowhere", "--to", "csv"), "is not the folder of a run"),
        (("first", "--to", "csv", "--out", "file"), "is not a folder"),
    ],
)
def test_a_mistake_is_one_sentence(words: tuple[str, ...], sentence: str, runs: Path, mtam: Mtam) -> None:
    (runs / "file").write_text("mine")
    said = mtam("export", *words)
    assert said.code == 2
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    assert sorted(path.name for path in runs.iterdir()) == ["file", "first", "second"]


def test_a_tracker_writes_into_an_empty_folder_only(runs: Path, mtam: Mtam, monkeypatch: pytest.MonkeyPatch) -> None:
    from mtam.runs.exports import export_runs

    monkeypatch.setattr(export_runs, "find_spec", lambda _: True)
    (runs / "store").mkdir()
    (runs / "store" / "mine").write_text("kept")
    said = mtam("export", "first", "--to", "mlflow", "--out", "store")
    assert said.code == 2
    assert "not empty" in said.err
    assert os.listdir(runs / "store") == ["mine"]

    def fails(_exported: ExportedRuns, out: Path) -> list[Path]:
        (out / "half").write_text("")
        raise RuntimeError("the tracker failed")

    monkeypatch.setitem(export_runs.TRACKERS, "mlflow", fails)
    with pytest.raises(RuntimeError, match="the tracker failed"):
        export_runs.export([runs / "first"], "mlflow", runs / "other", Messages(as_json=False, quiet=True))
    assert not (runs / "other").exists()
