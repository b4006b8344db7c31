"""Sweeps from Python: ``mtam.sweep`` and ``mtam.load_run``, the same engine and the same folders as the commands'."""

import html
import os
import sys
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtam import config
from mtam.analysis.run import Run
from mtam.base.errors import UsageError
from mtam.base.table import Table
from mtam.base.threads import VARIABLES, one_thread
from mtam.claims.claim import load, of_problems
from mtam.claims.evidence import Gathered
from mtam.claims.judge_claims import JudgedClaim, judge_all
from mtam.problems import problem_files
from mtam.runs import run_plan
from mtam.runs.archives.unpack_run import unpacked_for_now
from mtam.runs.console import Messages
from mtam.runs.outputs import PAGE
from mtam.runs.python import frames, notebook_figures
from mtam.runs.run_plan import Options
from mtam.sweep import planning, store

if TYPE_CHECKING:
    import pandas as pd

PathOf = str | PathLike[str]


class SweepRun:
    """A run with what follows from its records; shown as tables in a notebook.

    What is computed is computed when it is first asked for. ``folder`` is where the run lies.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.folder = run.folder

    @property
    def name(self) -> str:
        """The sweep."""
        return self._run.plan.name

    @cached_property
    def trials(self) -> "pd.DataFrame":
        """One row per trial with a record: cell, axes, n, seed, status, error and the other numbers of its record."""
        return self._run.rows

    @cached_property
    def curves(self) -> "pd.DataFrame":
        """One row per cell and size: mean error over seeds, its standard error, and theory's curves."""
        return frames.curves_frame(self._run.cells)

    @cached_property
    def rates(self) -> "pd.DataFrame":
        """One row per cell: law, slope with interval, theory's slope, log-log slope, R²; as rates.csv."""
        from mtam.analysis.cell_results import rates_rows

        return rates_rows(self._run.cells)

    @cached_property
    def judgements(self) -> "pd.DataFrame":
        """One row per statement: theory's slope, the law, and the claims that this run speaks to, with verdicts."""
        return frames.judgements_frame(self._run.cells, self._claims)

    @property
    def _claims(self) -> list[JudgedClaim]:
        own = of_problems([self._run.plan.definition])
        judged = judge_all([*load(), *own], Gathered((self._run,), {}))
        return [each for each in judged if each.here]

    @cached_property
    def tables(self) -> "dict[str, pd.DataFrame]":
        """The tables of the problem's own, by name: typed cells under their headings."""
        return {table.name: _frame(table) for table in self._run.tables}

    @property
    def failures(self) -> dict[str, str]:
        """The sentence of every failed trial, by key."""
        return self._run.failures

    @property
    def missing(self) -> int:
        """Trials without a record."""
        return self._run.missing

    @cached_property
    def _pictures(self) -> dict[str, Any]:
        from mtam.report import run_contents

        return {picture.name: picture for picture in run_contents.job(self._run).pictures}

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of the figures of this run."""
        return tuple(self._pictures)

    def figure(self, name: str = "curves") -> Any:
        """A matplotlib figure by name, e.g. "curves"; raises UsageError for one that this run does not have."""
        if name not in self._pictures:
            raise UsageError(f"figure {name!r}: this run has {', '.join(self.figures) or 'none'}.")
        return notebook_figures.shown(self._pictures[name].figure())

    @cached_property
    def in_short(self) -> tuple[str, ...]:
        """What the command ends with: the result in a few lines."""
        from mtam.report import summary_lines

        run = self._run
        return tuple(summary_lines.in_short(run.cells, run.plan.definition.size, run.answers))

    def __repr__(self) -> str:
        total = len(self._run.plan.trials)
        state = f", {self.missing} missing" * (self.missing > 0) + f", {len(self.failures)} failed" * bool(
            self.failures
        )
        return f"<run of {self.name}: {total} trials{state}; {self.folder}>"

    def _repr_html_(self) -> str:
        """For notebooks: the result in short, slopes and verdicts."""
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in self.in_short)
        columns = [name for name in SHOWN if name in self.rates] + list(self._run.plan.cells[0].axis)
        slopes = self.rates[[name for name in self.rates.columns if name in columns]]
        parts = [f"<p><b>{html.escape(repr(self)[1:-1])}</b></p><ul>{lines}</ul>"]
        parts += [_table(slopes), _table(self.judgements)]
        page = self.folder / PAGE
        if page.exists():
            parts.append(f"<p>all of it, with pictures: {html.escape(str(page))}</p>")
        return "".join(parts)


SHOWN = ("law", "slope", "slope_low", "slope_high", "theory_slope", "r2")


def _table(frame: "pd.DataFrame") -> str:
    return str(frame.to_html(index=False, border=0, float_format="{:.4g}".format, na_rep="")) if len(frame) else ""


def _frame(table: Table) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame([list(row) for row in table.rows], columns=table.headings)


def sweep(
    name: PathOf,
    *settings: str,
    out: PathOf | None = None,
    problem: PathOf | None = None,
    workers: int | None = None,
    device: str = "auto",
    force: bool = False,
    retry_failed: bool = False,
    quiet: bool = True,
) -> SweepRun:
    """Run a sweep as ``mtam sweep NAME KEY=VALUE`` does, and return it; what has a record is not computed again.

    ``name`` is a sweep of the configuration folder, a file FILE.py of a problem of one's own, or an installed problem.
    ``settings`` are in the grammar of the command line ("data.alpha=1,2"). ``out`` is the folder of the run; without
    it, outputs/<name>-<hash>. Worker processes never run the script or notebook that calls: no ``if __name__ ==
    "__main__"`` is needed. Raises UsageError (a ValueError) with one sentence for what a person can get wrong.
    """
    threads = _threads()
    one_thread()
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise UsageError(f"workers = {workers!r}; valid: a whole number of at least 1.")
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"device = {device!r} is unknown; valid: auto, cpu, cuda.")
    shorthand = [] if workers is None else [f"launcher.workers={workers}"]
    plan = config.plan_named(os.fspath(name), [*shorthand, *map(str, settings)], _path(problem))
    of_problems([plan.definition])
    options = Options(_path(out), device, force=force, quiet=quiet, retry_failed=retry_failed, apart=threads)
    outcome = run_plan.run(plan, options, Messages(as_json=True, quiet=quiet).err)
    return SweepRun(outcome.run)


def _threads() -> bool:
    """Whether numerical libraries have been loaded with threads of their own: their sums would have other bits.

    Trials are then computed in processes that have one thread, as those of the command.
    """
    held = all(os.environ.get(variable) == "1" for variable in VARIABLES)
    return not held and any(library in sys.modules for library in ("numpy", "torch", "scipy"))


def load_run(folder: PathOf, problem: PathOf | None = None) -> SweepRun:
    """The run that lies in a folder or in an archive of ``mtam pack``, half-finished or whole; reads only.

    ``problem`` is the file of a problem of one's own, which is run for the problem's own tables; without it nothing of
    the folder is. Raises UsageError for a folder that holds no sweep.
    """
    out = Path(folder).expanduser()
    if problem is not None:
        problem_files.load_file(Path(problem).expanduser())
    with unpacked_for_now(out) as place:
        plan = planning.read(place)
        if plan.kind != "sweep":
            raise UsageError(f"{out} holds a single fit, and no sweep; see mtam.load_interaction for its model.")
        return SweepRun(Run(plan, store.read_all(place, plan.trials, mend=False), out))


def _path(given: PathOf | None) -> Path | None:
    return None if given is None else Path(given).expanduser()
