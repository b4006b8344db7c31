"""Verdicts on curves whose slopes are known by construction."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mtam.base.table import Cell, Table
from mtam.interaction.interaction_spec import InteractionData, InteractionTrial, interaction_model
from mtam.interaction.reading.interaction_cells import interaction_cells
from mtam.interaction.reading.interaction_tables import tables
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement, Verdict
from mtam.report.tables.cell_text import cell_text

SIZES = (1000, 4000, 16000)


def sweep(
    slope: Callable[[InteractionData], float], jitter: float, seeds: int = 6, protocol: str = "claimed", **data: Any
) -> tuple[list[InteractionTrial], list[dict[str, Any]]]:
    """Errors M^slope with a slope that jitters by seed, alike for every cell, over P in (3, 8) and d in (1, 30)."""
    rng = np.random.default_rng(0)
    trials, numbers = [], []
    noise = jitter * rng.standard_normal(seeds)
    noise -= noise.mean()
    for degree in (3, 8):
        for d in (1, 30):
            kind = InteractionData.model_validate({"d": d, "degree": degree, "rank": 1, "tokens": 3, **data})
            for seed in range(seeds):
                for n in SIZES:
                    model = interaction_model(k_rule="cp")
                    fields = {"data": kind, "model": model, "n": n, "seed": seed, "protocol": protocol}
                    trials.append(InteractionTrial.model_validate(fields))
                    error = float(n) ** (slope(kind) + noise[seed])
                    forecast = {"forecast_error": float(n) ** -0.85, "forecast_oracle_error": float(n) ** -0.8}
                    numbers.append({"error": error, "oracle_error": error, **forecast})
    return trials, numbers


def column(table: Table, name: str, **where: str) -> list[str]:
    """The cells under one heading as they are drawn, of the rows that have these words under others."""
    chosen = [row for row in table.rows if all(row[table.headings.index(key)] == value for key, value in where.items())]
    return [cell_text(row[table.headings.index(name)], table.formats.get(name, "")) for row in chosen]


def verdicts(cells: list[Cell]) -> list[Verdict | None]:
    return [cell.verdict if isinstance(cell, Judgement) else None for cell in cells]


def test_figures_and_verdicts_of_every_cell() -> None:
    table = tables(*sweep(lambda data: -0.81 if data.degree == 3 else -1.0, 0.03))[0]
    assert "Slopes" in table.title
    assert column(table, "reported", error="total") == ["-0.810", "-0.810", "-0.899", "-0.899"]
    assert column(table, "reported", error="A* known") == ["-"] * 4
    assert column(table, "theory", error="total") == ["-0.800", "-0.800", "-0.933", "-0.933"]
    assert column(table, "beta = P", error="total") == ["-0.857", "-0.857", "-0.941", "-0.941"]
    assert column(table, "reported?", error="total") == ["supported"] * 2 + ["contradicted"] * 2
    found = column(table, "theory?", error="total")
    assert found[0] == "supported"  # r d = 1 is inside the theorem's condition, r d = 30 is not
    assert found[1] == "outside (supported)"
    assert found[3] == "outside (contradicted)"
    assert column(table, "theory?", error="A* known")[1] == "supported"  # which asks nothing of r d
    assert column(table, "forecast?", error="total") == ["contradicted"] * 4


@pytest.mark.parametrize(
    ("far", "verdict"), [(-0.81, "supported"), (-1.2, "contradicted"), (-0.87, "supported"), (-0.9, "supported")]
)
def test_parallel_lines(far: float, verdict: str) -> None:
    """Slopes of one seed jitter together, so their difference is exact."""
    told = tables(*sweep(lambda data: far if data.d == 30 else -0.81, 0.1))
    (claims,) = (table for table in told if table.title.startswith("Claims"))
    (row,) = (row for row in claims.rows if row[0] == "P = 3: lines over d nearly parallel (total)")
    assert row[2] is Verdict(verdict)
    assert isinstance(row[1], Interval)


def test_the_price_of_a_is_flat_or_not() -> None:
    trials, numbers = sweep(lambda _: -0.8, 0.02)
    rng = np.random.default_rng(1)
    for trial, record in zip(trials, numbers, strict=True):
        if trial.data.d == 30:
            rise = 1 if trial.data.degree == 3 else np.log(trial.n)
            record["excess_ratio"] = float(0.8 * rise * np.exp(0.02 * rng.standard_normal()))
    ratios, trends = (told for told in tables(trials, numbers) if told.title.startswith("Price"))
    assert ratios.headings == ["cell", "M = 1000", "M = 4000", "M = 16000"]
    assert ratios.column("cell") == ["P = 3, d = 30", "  forecast", "P = 8, d = 30", "  forecast"]
    assert trends.column("cell") == ["P = 3, d = 30", "P = 8, d = 30"]
    assert verdicts(trends.column("flat?")) == [Verdict.SUPPORTED, Verdict.CONTRADICTED]


@pytest.mark.parametrize(
    ("ratio", "noise", "flat", "but_for_the_forecast"),
    [
        (lambda n: 0.6 + 250 / n, 0.02, Verdict.CONTRADICTED, Verdict.SUPPORTED),
        (lambda n: 0.6 + 0 * n, 0.02, Verdict.SUPPORTED, Verdict.CONTRADICTED),
        (lambda n: 0.6 + 1e-5 * n, 0.02, Verdict.CONTRADICTED, Verdict.CONTRADICTED),
        (lambda n: 0.6 + 250 / n, 2.0, Verdict.UNDECIDED, Verdict.UNDECIDED),
    ],
)
def test_a_price_that_is_not_flat_may_be_as_forecast(
    ratio: Callable[[int], float], noise: float, flat: Verdict, but_for_the_forecast: Verdict
) -> None:
    """Beside a forecast of 0.6 + 250/M; one that rises with M is not explained."""
    rng = np.random.default_rng(2)
    data = InteractionData(d=30, rank=1, tokens=3)
    trials = [InteractionTrial(data=data, n=n, seed=seed) for n in SIZES for seed in range(10)]
    unit = trials[0].parameters() * data.noise**2
    numbers = [
        {
            "error": 1.0,
            "oracle_error": 1.0,
            "forecast_oracle_error": 1.0,
            "forecast_error": 1 + (0.6 + 250 / trial.n) * unit / trial.n,
            "forecast_linear_price": 0.6 * unit / trial.n,
            "excess_ratio": ratio(trial.n) + noise * rng.normal(),
        }
        for trial in trials
    ]
    told = tables(trials, numbers)
    ratios, trends = (table for table in told if table.title.startswith("Price of A"))
    assert verdicts(trends.column("flat?")) == [flat]
    assert verdicts(trends.column("flat but for the forecast?")) == [but_for_the_forecast]
    assert ratios.rows[1][1:] == pytest.approx([0.85, 0.6625, 0.615625])
    assert ratios.rows[2][1:] == pytest.approx([0.6] * 3)


def test_facts_fit_the_settings() -> None:
    def about(**data: Any) -> list[Cell]:
        return tables(*sweep(lambda _: -0.8, 0.02, **data))[-1].column("about")

    assert "fixed truth" in about(activation="bspline")
    assert "fixed truth" not in about(activation="rate_hard")
    assert "moving truth" in about(activation="hypotheses")
    assert about().count("outside the theorem") == 2  # d = 30, for both P


def test_provenance_only_for_the_reported_protocol() -> None:
    claimed, reported = (tables(*sweep(lambda _: -0.8, 0.02, protocol=name)) for name in ("claimed", "reported"))
    assert not any(table.title.startswith("Provenance") for table in claimed)
    (table,) = (table for table in reported if table.title.startswith("Provenance"))
    sources = dict(zip(table.column("setting"), table.column("source"), strict=True))
    assert {"reported", "assumed", "derived"} == set(sources.values())
    assert sources["N"] == sources["rank r"] == sources["M"] == "assumed"
    assert sources["slopes"] == "reported"


def test_other_sweeps_get_no_verdicts_on_the_figure() -> None:
    trials = [
        InteractionTrial(data=InteractionData(d=3, rank=1, noise=noise), n=n, seed=seed)
        for noise in (0.1, 0.3)
        for n in SIZES
        for seed in (0, 1)
    ]
    (facts,) = tables(trials, [{"error": 1.0 / trial.n} for trial in trials])
    assert facts.title == "How to read these slopes"
    assert tables([], []) == []


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"noise_law": "student", "allow_heavy_tails": True}, "not sub-Gaussian"),
        ({"token_law": "without_replacement"}, "finitely exchangeable"),
        ({"activation": "relu"}, "kink"),
        ({"activation": "exp", "row_normalised": True}, "no mean of functions of pairs"),
    ],
)
def test_a_broken_assumption_is_told_of_its_own_cell(broken: dict[str, Any], words: str) -> None:
    kinds = [InteractionData.model_validate({"d": 2, "rank": 1, **extra}) for extra in ({}, broken)]
    trials = [InteractionTrial(data=data, n=n, seed=seed) for data in kinds for n in SIZES for seed in (0, 1)]
    told = tables(trials, [{"error": 1.0 / trial.n} for trial in trials])[-1]
    facts = [str(fact) for about, fact, _ in told.rows if about == "outside the theorem"]
    (sentence,) = (fact for fact in facts if words in fact)
    assert not sentence.startswith("all")
    assert [trials[0].facts()["inside_theorem"], trials[-1].facts()["inside_theorem"]] == [True, False]


def test_a_seed_that_lacks_a_size_is_left_out() -> None:
    trials, numbers = sweep(lambda _: -0.8, 0.02)
    found = interaction_cells(trials[1:], numbers[1:])
    assert found[0].complete == (1, 2, 3, 4, 5)
    assert found[1].complete == (0, 1, 2, 3, 4, 5)


def test_what_is_recovered_of_softmax_attention() -> None:
    """A fitted phi that is a line is explained by a line; one that is u exp(3u) by that."""
    grid = np.linspace(-0.9, 0.9, 61)
    density = np.exp(-(grid**2) / 0.2)
    shapes = {3: 2 * grid + 1, 10: 0.5 * grid * np.exp(3 * grid) - 1}
    trials, numbers = [], []
    for tokens, phi in shapes.items():
        data = InteractionData(d=3, rank=1, tokens=tokens, activation="exp", row_normalised=True)
        for seed in (0, 1):
            trials.append(InteractionTrial(data=data, n=1000, seed=seed))
            shown = {"phi_grid": grid.tolist(), "phi_hat": phi.tolist(), "u_density": density.tolist()}
            numbers.append({"error": 0.2, "oracle_error": 0.1 + 0.01 * seed, "a_cosine": 0.99, **shown})
    (recovered,) = tables(trials, numbers)
    assert recovered.title.startswith("What the pairwise estimator recovers")
    line, other = column(recovered, "share of phi a line explains"), column(recovered, "u exp(3u) explains")
    assert (line[0], other[1]) == ("1 ± 0", "1 ± 0")
    assert 0.1 < float(other[0].split()[0]) < 0.95
    assert column(recovered, "with A* known")[0] == "0.105 ± 0.005"


def test_levels_over_the_number_of_tokens_in_the_units_of_both_bounds() -> None:
    trials = [
        InteractionTrial(data=InteractionData(d=3, rank=1, tokens=tokens), n=n, seed=seed)
        for tokens in (2, 10)
        for n in (1000, 4000)
        for seed in (0, 1)
    ]
    facts, table, _ = tables(trials, [{"error": 1.0, "oracle_error": 2 * t.n**-0.8} for t in trials])
    assert facts.title == "What N does"
    assert table.headings[-2:] == ["times M^0.800", "times (N M)^0.800"]
    scaled = {row[0]: row[-2:] for row in table.rows}
    assert scaled["P = 3, d = 3, N = 2"] == pytest.approx([2, 2 * 2**0.8])
    assert scaled["P = 3, d = 3, N = 10"] == pytest.approx([2, 2 * 10**0.8])
