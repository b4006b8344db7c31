"""What is done of a run, and what of that was done before it."""

from pathlib import Path

import pytest

from mtam.config import plan_sweep
from mtam.sweep.heartbeats import Beat
from mtam.sweep.planning import Plan
from mtam.sweep.progress_account import Board


@pytest.fixture
def plan() -> Plan:
    return plan_sweep("alpha", ["data.alpha=1", "sweep.sizes=[64,128,256]", "sweep.seeds=2"])


def shown(plan: Plan, tmp_path: Path) -> tuple[Board, list[tuple[float, float]]]:
    told: list[tuple[float, float]] = []
    return Board(plan, tmp_path, plan.packs, lambda fraction, _text, before: told.append((fraction, before))), told


def test_what_a_pack_went_on_from_was_there_before(plan: Plan, tmp_path: Path) -> None:
    board, told = shown(plan, tmp_path)
    first, *others = plan.packs
    part = plan.cost(first) / sum(map(plan.cost, plan.packs))
    board.update([Beat(first[0], 0.0)])
    board.update([Beat(first[0], 0.75, resumed=0.5), Beat("of another run", 0.9)])
    assert told[0] == (0.0, 0.0)
    assert told[1] == pytest.approx((0.75 * part, 0.5 * part))
    board.end(first)
    board.end(first)
    board.update([Beat(first[0], 0.5)])  # computed twice by somebody else
    assert told[-1] == pytest.approx((part, 0.5 * part))
    for pack in others:
        board.end(pack)
    board.update([])
    assert told[-1] == pytest.approx((1.0, 0.5 * part))


def test_what_is_under_way_at_the_first_look_was_there_before(plan: Plan, tmp_path: Path) -> None:
    """As when somebody waits for jobs that were submitted yesterday."""
    board, told = shown(plan, tmp_path)
    first, second, _ = plan.packs
    total = sum(map(plan.cost, plan.packs))
    board.update([Beat(first[0], 0.5)])
    board.update([Beat(first[0], 0.6), Beat(second[0], 0.3)])
    before = 0.5 * plan.cost(first) / total
    assert told[0] == pytest.approx((before, before))
    assert told[1] == pytest.approx(((0.6 * plan.cost(first) + 0.3 * plan.cost(second)) / total, before))
