"""How many seeds would decide a claim: its own way of judging, on seeds drawn again from those that are there.

A later look of m seeds is imitated by m (s - 1) / s draws with replacement from the s seeds of this one: the bootstrap
takes the variance (s - 1) / s times too small, and fewer draws make up for it. All columns and cells of a draw are
those of one seed, so pairing over cells is kept. The forecast takes what was measured for the truth: it says what
seeds would do if the estimate stays where it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mtam.analysis.run import Run
from mtam.claims.claim import AllOf, Claim, Found, LawWay
from mtam.claims.evidence import Gathered
from mtam.claims.judge_claims import JudgedClaim, judge
from mtam.rates.curve import Curve
from mtam.rates.spending import LOOKS, seeds_at
from mtam.rates.verdict import Verdict

DRAWS = 40  # imitations of a later look
ENOUGH = 0.8  # of them have to decide: the power that tests are planned for


@dataclass(frozen=True)
class Redrawn(Run):
    """A run whose seeds are drawn from those of another one, the same for all its curves."""

    drawn: tuple[int, ...] = ()

    def curve(self, index: int, column: str, *, signed: bool = False) -> Curve:
        """The curve of the seeds that were drawn; one that this cell lacks is left out of it."""
        points = super().curve(index, column, signed=signed)
        place = {seed: row for row, seed in enumerate(points.seeds)}
        kept = [(at, place[seed]) for at, seed in enumerate(self.drawn) if seed in place]
        rows = [row for _, row in kept]
        return replace(points, seeds=tuple(at for at, _ in kept), errors=points.errors[rows])


@dataclass(frozen=True)
class DecisionForecast:
    """What later looks would say of an open claim."""

    claim: Claim
    shares: dict[int, float]  # look -> share of imitations that decide

    @cached_property
    def look(self) -> int | None:
        """The first look that is likely enough to decide; None where none is."""
        return next((look for look, share in self.shares.items() if share >= ENOUGH), None)


def extensible(judged: JudgedClaim) -> bool:
    """Whether more seeds could decide the claim: not what checks compute, what AICc prefers or other claims say."""
    way = judged.claim.judge
    return (
        judged.judgement.verdict is Verdict.UNDECIDED
        and bool(judged.cell)
        and not isinstance(way, LawWay | AllOf | Found)
    )


def seeds_of(run: Run) -> tuple[int, ...]:
    """All seeds of a run, in order."""
    return tuple(sorted({trial.seed for trial in run.plan.trials.values()}))


def forecast(claim: Claim, run: Run, first: int) -> DecisionForecast:
    """What the looks after that of ``run`` would say, where the first look has ``first`` seeds."""
    shares: dict[int, float] = {}
    seeds = seeds_of(run)
    look = run.look or 1
    for later in range(look + 1, LOOKS + 1):
        many = len(seeds) + seeds_at(later, first) - seeds_at(look, first)
        draws = max(2, round(many * (len(seeds) - 1) / len(seeds)))
        said = [_verdict(claim, run, later, _drawn(seeds, draws, (later, at))) for at in range(DRAWS)]
        shares[later] = float(np.mean([each in (Verdict.SUPPORTED, Verdict.CONTRADICTED) for each in said]))
        if shares[later] >= ENOUGH:
            break
    return DecisionForecast(claim, shares)


def _drawn(seeds: Sequence[int], draws: int, key: tuple[int, int]) -> tuple[int, ...]:
    rng = np.random.default_rng(np.random.SeedSequence([len(seeds), *key]))
    return tuple(int(seed) for seed in rng.choice(seeds, size=draws))


def _verdict(claim: Claim, run: Run, look: int, drawn: tuple[int, ...]) -> Verdict:
    imitation = Redrawn(run.plan, run.records, run.folder, look, drawn)
    return judge(claim, Gathered((imitation,), {})).judgement.verdict
