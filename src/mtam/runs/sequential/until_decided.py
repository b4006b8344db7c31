"""Open claims get the seeds that decide them, the cheapest per decision first, until all are decided or time is up.

Every round judges all claims, forecasts for each that is open which look would decide it (``decision_forecast``), and
runs the look with the fewest seconds per claim decided. Which sweep goes on, and when to stop, follow from the data;
intervals stay what they promise because each look has paid for the others (``mtam.rates.spending``).
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mtam.analysis.run import Run
from mtam.base.table import Cell, Table
from mtam.claims import looks
from mtam.claims.evidence import gather
from mtam.claims.judge_claims import JudgedClaim
from mtam.rates.spending import LOOKS, seeds_at
from mtam.rates.verdict import Verdict
from mtam.runs import judge_folder
from mtam.runs.console import Messages
from mtam.runs.run_plan import Options
from mtam.runs.run_sweep import run_and_summarise
from mtam.runs.sequential import longer_runs
from mtam.runs.sequential.decision_forecast import DecisionForecast, extensible, forecast
from mtam.runs.sequential.longer_runs import RunSequence
from mtam.sweep import launch, planning
from mtam.sweep.launch import cores

HEADINGS = ["claim", "sweep", "seeds", "would be decided by", "minutes"]


@dataclass(frozen=True)
class Step:
    """A later look of one sweep: what it costs, and which claims it would decide."""

    sequence: RunSequence
    look: int
    seconds: float
    claims: tuple[str, ...]

    @property
    def price(self) -> float:
        """Seconds per claim decided."""
        return self.seconds / len(self.claims)


@dataclass
class Decider:
    """The sweeps that may go on, the folders that stay as they are, and what is known so far."""

    sequences: Mapping[str, RunSequence]
    others: Sequence[Path]
    options: Options
    messages: Messages
    workers: int = field(default_factory=cores)
    at: dict[str, int] = field(default_factory=dict)  # sweep -> its look
    codes: list[int] = field(default_factory=list)
    known: dict[tuple[str, int], DecisionForecast] = field(
        default_factory=dict
    )  # (claim, look) -> what later looks would say

    @property
    def folders(self) -> list[Path]:
        """The last look of every sweep, and the other folders."""
        return [*(each.folder(self.at[name]) for name, each in self.sequences.items()), *self.others]

    def run(self, budget: float) -> None:
        """Go on until every claim that seeds can decide is decided, or nothing more fits into ``budget`` seconds."""
        ends = time.monotonic() + budget
        for name, sequence in self.sequences.items():
            self.at[name] = _last_whole(sequence)
            if self.at[name] == 1:
                looks.write(sequence.folder(1), 1)
        while True:
            runs, open_ = self._judged()
            steps = [step for name in self.sequences for step in self._steps(runs.get(name), open_)]
            left = ends - time.monotonic()
            fitting = [step for step in steps if step.seconds <= left]
            if not fitting:
                self._tell_rest(runs, open_, steps, left)
                return
            self._take(min(fitting, key=lambda step: (step.price, step.sequence.name)), runs)

    def _judged(self) -> tuple[dict[str, Run], list[JudgedClaim]]:
        """The runs by name, and the claims that they leave open."""
        gathered = gather(self.folders)
        found = judge_folder.judge_gathered(gathered)
        return gathered.sweeps, [one for one in found if one.here and one.judgement.verdict is Verdict.UNDECIDED]

    def _steps(self, run: Run | None, open_: Iterable[JudgedClaim]) -> list[Step]:
        """The looks that would decide claims of this run."""
        if run is None:
            return []
        sequence = self.sequences[run.plan.name]
        found = [self._forecast(one, run) for one in open_ if one.claim.sweep == run.plan.name and extensible(one)]
        wanted = sorted({each.look for each in found if each.look is not None})
        return [
            Step(
                sequence,
                look,
                longer_runs.seconds(sequence, run, look, self.workers),
                tuple(each.claim.id for each in found if each.look is not None and each.look <= look),
            )
            for look in wanted
        ]

    def _forecast(self, one: JudgedClaim, run: Run) -> DecisionForecast:
        key = one.claim.id, run.look or 1
        if key not in self.known:
            self.known[key] = forecast(one.claim, run, self.sequences[run.plan.name].seeds)
        return self.known[key]

    def _take(self, step: Step, runs: Mapping[str, Run]) -> None:
        name = step.sequence.name
        now, then = (seeds_at(look, step.sequence.seeds) for look in (self.at[name], step.look))
        self.messages.tell(
            f"{name}: {then} seeds instead of {now}, about {_minutes(step.seconds)}, for {', '.join(step.claims)}"
        )
        out = longer_runs.begin(step.sequence, runs[name], step.look)
        plan = step.sequence.plan(step.look)
        _, code = run_and_summarise(plan, replace(self.options, out=out), self.messages, brief=True)
        self.codes.append(code)
        self.at[name] = step.look

    def _tell_rest(
        self, runs: Mapping[str, Run], open_: Sequence[JudgedClaim], steps: Sequence[Step], left: float
    ) -> None:  # fmt: skip
        from mtam.report.tables.terminal_grid import terminal_grid

        if not open_:
            self.messages.tell("Every claim that these runs speak to is decided.")
            return
        if steps:
            self.messages.tell(f"{_minutes(max(left, 0.0))} are left, in which no further look fits.")
        rows = [self._rest(one, runs) for one in open_]
        self.messages.tell(terminal_grid(Table(name="open", title="What is still open", headings=HEADINGS, rows=rows)))

    def _rest(self, one: JudgedClaim, runs: Mapping[str, Run]) -> list[Cell]:
        name = one.claim.sweep or one.claim.place
        run = runs.get(name)
        if run is None or name not in self.sequences or not extensible(one):
            return [one.claim.id, name, None, "not a matter of seeds", None]
        sequence = self.sequences[name]
        now, look = seeds_at(run.look or 1, sequence.seeds), self._forecast(one, run).look
        if look is None:
            return [one.claim.id, name, now, f"no look up to {seeds_at(LOOKS, sequence.seeds)} seeds", None]
        needed = longer_runs.seconds(sequence, run, look, self.workers)
        return [one.claim.id, name, now, f"{seeds_at(look, sequence.seeds)} seeds", round(needed / 60, 1)]


def _last_whole(sequence: RunSequence) -> int:
    """The last look of which every trial has a record: an earlier command may have come so far."""
    for look in range(LOOKS, 1, -1):
        out = sequence.folder(look)
        if (out / planning.MANIFEST).is_file() and not launch.missing(planning.read(out), out):
            return look
    return 1


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.0f} s"
