"""``mtam export``: many runs as CSV, parquet, LaTeX, or as experiments of W&B, MLflow and Trackio; no network."""

import io
import os
import shutil
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack, redirect_stdout
from importlib.util import find_spec
from pathlib import Path

from mtam.base.errors import UsageError, opening
from mtam.runs.archives.unpack_run import unpacked_for_now
from mtam.runs.console import Messages
from mtam.runs.exports import export_files, export_trackers
from mtam.runs.exports.exported_runs import ExportedRuns

FILES: dict[str, Callable[[ExportedRuns, Path], list[Path]]] = {
    "csv": export_files.write_csv,
    "parquet": export_files.write_parquet,
    "latex": export_files.write_latex,
}
TRACKERS: dict[str, Callable[[ExportedRuns, Path], list[Path]]] = {
    "wandb": export_trackers.write_wandb,
    "mlflow": export_trackers.write_mlflow,
    "trackio": export_trackers.write_trackio,
}
FORMATS = (*FILES, *TRACKERS)
NEEDS = {"parquet": "pyarrow", "wandb": "wandb", "mlflow": "mlflow", "trackio": "trackio"}


def export(paths: Sequence[Path], to: str, out: Path | None, messages: Messages) -> None:
    """Write what the runs at ``paths``, folders or archives, hold, in the format ``to`` into the folder ``out``.

    Files are replaced one by one. A tracker's folder must be new or empty, because a second export would hold every
    trial twice; where writing fails it is removed. Raises UsageError with nothing written for an unknown format, a
    missing package, what is no run.
    """
    if to not in FORMATS:
        raise UsageError(f"--to {to} is unknown; valid: {', '.join(FORMATS)}.")
    if to in NEEDS and find_spec(NEEDS[to]) is None:
        raise UsageError(f"--to {to} needs {NEEDS[to]}, which is not installed: pip install 'mtam[{to}]'")
    folder = out or Path("outputs") / f"export-{to}"
    if os.path.lexists(folder) and not folder.is_dir():
        raise UsageError(f"--out {folder} is not a folder.")
    with ExitStack() as held:
        exported = ExportedRuns([held.enter_context(unpacked_for_now(path)) for path in paths])
        if exported.trials.empty and exported.findings.empty:
            raise UsageError(f"there is no record to export in {', '.join(map(str, paths))}.")
        files = _write_files(exported, to, folder) if to in FILES else _track(exported, to, folder)
    for path in files:
        messages.path(path)
    rows = {name: len(frame) for name, frame in exported.tables().items()}
    messages.answer({"out": str(folder), "to": to, "files": [str(path) for path in files], "rows": rows})


def _write_files(exported: ExportedRuns, to: str, folder: Path) -> list[Path]:
    with opening(folder):
        return FILES[to](exported, folder)


def _track(exported: ExportedRuns, to: str, folder: Path) -> list[Path]:
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"--out {folder} is not empty, and trials would be there twice; choose another --out.")
    if exported.trials.empty:
        raise UsageError(f"a check has no trials for {to}; its findings go to csv, parquet, latex.")
    with opening(folder):
        try:
            with warnings.catch_warnings(), redirect_stdout(io.StringIO()):  # what trackers say is of themselves
                warnings.simplefilter("ignore")
                return TRACKERS[to](exported, folder.absolute())
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
