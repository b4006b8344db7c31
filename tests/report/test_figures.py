"""Figures are drawn, and drawn again the same; the numbers in them are the numbers of the tables."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from mtam.rates.curve import Curve
from mtam.rates.laws import Law, PowerLaw, SubPolynomial
from mtam.report import figures
from mtam.report.tables import CellResult

SIZES = np.array([64.0, 128.0, 256.0, 512.0])


def result(form: Law, seeds: int = 3) -> CellResult:
    errors = np.exp(-1.3 * form.axis(SIZES)) * (1 + 0.1 * np.arange(seeds))[:, None]
    return CellResult({"data.alpha": 1.0}, form, Curve(SIZES, tuple(range(seeds)), errors, ()))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    kept: list[Figure] = []
    save = figures.save

    def keep(figure: Figure, path: Path) -> list[Path]:
        kept.append(figure)
        return save(figure, path)

    monkeypatch.setattr(figures, "save", keep)
    return kept


def test_two_panels_for_a_law_with_an_axis_of_its_own(tmp_path: Path, drawn: list[Figure]) -> None:
    written = figures.curves([result(SubPolynomial(0.5)), result(SubPolynomial(1 / 3))], tmp_path / "c", "n", {})
    assert [path.name for path in written] == ["c.png", "c.svg"]
    assert [axis.get_xscale() for axis in drawn[0].axes] == ["linear", "log"]
    assert "alpha" in drawn[0].axes[0].get_xlabel()
    legend = drawn[0].axes[1].get_legend()
    assert legend is not None
    assert [text.get_text().partition(":")[2].split()[0] for text in legend.get_texts()] == ["-1.30", "-1.30"]


def test_the_drawn_line_is_the_fitted_law(tmp_path: Path, drawn: list[Figure]) -> None:
    one = result(SubPolynomial(0.5))
    figures.curves([one], tmp_path / "c", "n", {})
    lines = [line for line in drawn[0].axes[0].get_lines() if len(line.get_xdata()) == 200]  # type: ignore[arg-type]
    x, y = np.asarray(lines[0].get_xdata()), np.asarray(lines[0].get_ydata())
    assert np.diff(np.log(y)) / np.diff(x) == pytest.approx(-1.3)
    assert y[0] == pytest.approx(np.exp(one.curve.mean_log[0]))


def test_one_panel_for_power_laws(tmp_path: Path, drawn: list[Figure]) -> None:
    figures.curves([result(PowerLaw(0.8))], tmp_path / "c", "M", {})
    assert len(drawn[0].axes) == 1
    assert drawn[0].axes[0].get_xlabel() == "sample size M"


def test_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("a", "b"):
        figures.curves([result(PowerLaw())], tmp_path / name, "n", {})
    for suffix in (".png", ".svg"):
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_one_seed_draws_without_an_interval(tmp_path: Path) -> None:
    assert figures.curves([result(PowerLaw(), seeds=1)], tmp_path / "c", "n", {})


def test_nothing_to_draw(tmp_path: Path) -> None:
    assert figures.curves([], tmp_path / "c", "n", {}) == []
    assert list(tmp_path.iterdir()) == []


def test_the_picture_of_a_fit(tmp_path: Path, drawn: list[Figure]) -> None:
    u = np.linspace(-1, 1, 21)
    numbers = {
        "phi_grid": u.tolist(),
        "phi_true": np.sin(u).tolist(),
        "phi_hat": (np.sin(u) + 0.01).tolist(),
        "u_density": np.exp(-(u**2)).tolist(),
        "singular_true": [0.3, 0.1],
        "singular_hat": [0.29, 0.11],
    }
    assert [path.name for path in figures.interaction_fit(numbers, tmp_path / "fit", "t")] == ["fit.png", "fit.svg"]
    labels = [axis.get_xlabel() for axis in drawn[0].axes]
    assert "index" in labels
