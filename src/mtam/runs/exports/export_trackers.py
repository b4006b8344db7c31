"""Trials as runs of W&B, MLflow and Trackio, written to a folder: nothing is sent anywhere.

Every trial is a run with its settings, its numbers at the end and the traces of its training by step; the runs of one
sweep are a group. Trackers give each run a time and an identifier of their own, so two exports differ in their bytes.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mtam.runs.exports.exported_runs import ExportedRuns, TrackedTrial

PROJECT, DATABASE = "mtam", "mlflow.db"
MOST_PARAMETERS, MOST_METRICS = 100, 1000  # of one call of MLflow
LONGEST_VALUE = 500  # characters of a parameter, in every version of MLflow


def _by_step(trial: TrackedTrial) -> dict[int, dict[str, float]]:
    """The traces of a trial by step."""
    steps: dict[int, dict[str, float]] = defaultdict(dict)
    for name, points in trial.traces.items():
        for step, value in points:
            steps[step][f"loss/{name}"] = value
    return dict(sorted(steps.items()))


def write_wandb(exported: ExportedRuns, out: Path) -> list[Path]:
    """Offline runs under OUT/wandb; ``wandb sync`` sends them, should anybody want that."""
    import wandb

    quiet = wandb.Settings(silent=True, console="off", disable_git=True, save_code=False)
    for trial in exported.tracked():
        run = wandb.init(
            project=PROJECT, dir=str(out), mode="offline", name=trial.name, group=trial.run, job_type=trial.cell,
            config={**trial.settings, "cell": trial.cell}, notes=trial.failure, settings=quiet,
        )  # fmt: skip
        for step, values in _by_step(trial).items():
            run.log(values, step=step)
        run.summary.update(trial.numbers)
        run.finish(exit_code=int(trial.failure is not None))
    return [out / "wandb"]


def write_mlflow(exported: ExportedRuns, out: Path) -> list[Path]:
    """An experiment per run in OUT/mlflow.db; ``mlflow ui --backend-store-uri sqlite:///OUT/mlflow.db`` shows it."""
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{out / DATABASE}")
    experiments: dict[str, str] = {}
    for trial in exported.tracked():
        if trial.run not in experiments:
            experiments[trial.run] = client.create_experiment(trial.run, (out / "artifacts").as_uri())
        run = client.create_run(experiments[trial.run], run_name=trial.name).info
        now = run.start_time
        metrics = [Metric(name, value, now, 0) for name, value in trial.numbers.items()]
        metrics += [Metric(n, v, now, step) for step, values in _by_step(trial).items() for n, v in values.items()]
        settings = [Param(name, str(value)[:LONGEST_VALUE]) for name, value in trial.settings.items()]
        tags = [RunTag("cell", trial.cell)] + ([RunTag("failure", trial.failure)] if trial.failure else [])
        for some in _pieces(metrics, MOST_METRICS):
            client.log_batch(run.run_id, metrics=some)
        for some in _pieces(settings, MOST_PARAMETERS):
            client.log_batch(run.run_id, params=some)
        client.log_batch(run.run_id, tags=tags)
        client.set_terminated(run.run_id, "FAILED" if trial.failure else "FINISHED")
    return [out / DATABASE]


def _pieces(items: list[Any], most: int) -> Iterator[list[Any]]:
    for at in range(0, len(items), most):
        yield items[at : at + most]


def write_trackio(exported: ExportedRuns, out: Path) -> list[Path]:
    """A database of Trackio per project; ``TRACKIO_DIR=OUT trackio show`` shows it."""
    with _variable("TRACKIO_DIR", str(out)):  # it is read when the package is imported
        import trackio

        for trial in exported.tracked():
            config = {**trial.settings, "cell": trial.cell, "failure": trial.failure}
            trackio.init(project=trial.run, name=trial.name, config=config, embed=False)
            for step, values in _by_step(trial).items():
                trackio.log(values, step=step)
            trackio.log(trial.numbers)
            trackio.finish()
    return [out]


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before
