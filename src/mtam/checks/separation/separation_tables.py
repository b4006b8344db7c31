"""What the check of separation shows: its results, their tables and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mtam.base.finding import Panel, Series
from mtam.base.table import Cell, Table
from mtam.recall.theory import one_hot_certificate
from mtam.recall.theory.one_hot_certificate import Decision, Row

BORDERS = (("N = d+1", 1, 1), ("N = d+2", 1, 2), ("N = 2d", 2, 0), ("N = 2d+1", 2, 1))
SIMPLE = 1000  # denominators up to this are shown as fractions


@dataclass(frozen=True)
class Sphere:
    """N vectors of R^d: the least largest product found, and the one proven."""

    dim: int
    count: int
    found: float
    proven: float
    built: float | None


@dataclass(frozen=True)
class Mass:
    """Softmax with W = beta I over drawn contexts."""

    tags: str
    beta: float
    least_gap: float
    least_mass: float
    bound: float  # of Lemma 8 at the least gap
    margin: float  # least of mass - 1 + (I - 1) e^{-gap} over contexts


@dataclass(frozen=True)
class OneHot:
    """A tag set and the certified answer."""

    tags: str
    features: list[Row]
    targets: list[Fraction]
    decision: Decision


def text(x: Fraction) -> str:
    """A fraction if it is a simple one, else four digits."""
    return str(x) if x.denominator <= SIMPLE else f"{float(x):.4f}"


def certificate(answer: OneHot) -> str:
    """y at (product, target): weights that annihilate every affine gate and see the target."""
    parts = [(answer.features[k][1], y) for k, y in answer.decision.dual.items() if y != 0]
    return ", ".join(f"{text(y)} at {text(g)}" for g, y in parts)


def sphere_table(spheres: Sequence[Sphere]) -> Table:
    """Rankin's bounds."""
    return Table(
        name="rankin",
        title="Least largest inner product of N unit vectors in d dimensions",
        headings=["d", "N", "found by search", "proven at least", "constructed"],
        rows=[[s.dim, s.count, _zero(s.found), s.proven, None if s.built is None else _zero(s.built)] for s in spheres],
    )


def _zero(x: float) -> float:
    return 0.0 if abs(x) < 1e-12 else x


def mass_table(masses: Sequence[Mass]) -> Table:
    """Sharpness of softmax."""
    return Table(
        name="softmax",
        title="Softmax with W = beta I: least over contexts",
        headings=["tags", "beta", "score gap", "mass on target", "Lemma 8 at least"],
        rows=[[m.tags, m.beta, m.least_gap, m.least_mass, max(0.0, m.bound)] for m in masses],
    )


def one_hot_table(answers: Sequence[OneHot]) -> Table:
    """Affine gates with their certificates."""
    rows: list[list[Cell]] = []
    for answer in answers:
        others = sorted({row[1] for row, target in zip(answer.features, answer.targets, strict=True) if target == 0})
        rows.append([
            answer.tags,
            ", ".join(map(text, others)) if len(others) < 5 else f"{len(others)} values",
            "yes" if one_hot_certificate.one_value(answer.features, answer.targets) else "no",
            text(answer.decision.error),
            f"{text(answer.decision.weights[0])}, {text(answer.decision.weights[1])}",
            certificate(answer) or "-",
        ])  # fmt: skip
    return Table(
        name="one_hot",
        title="Affine gates b + w <v_q, v_i>: least worst one-hot error, certified in rational arithmetic",
        headings=["tags", "products with others", "one value", "least worst error", "b, w", "dual: y at product"],
        rows=rows,
    )


def form_table(forms: dict[str, list[float]], reduced: dict[str, float], rotations: Sequence[int]) -> Table:
    """Full forms over few and many rotations."""
    return Table(
        name="rotations",
        title="Least worst error of a full form W over R rotations of one tag set, and of w I over all",
        headings=["tags", *(f"R = {count}" for count in rotations), "w I"],
        rows=[[name, *map(_zero, forms[name]), _zero(reduced[name])] for name in forms],
    )


def panels(spheres: Sequence[Sphere], masses: Sequence[Mass], betas: Sequence[float]) -> list[Panel]:
    """Rankin\'s borders, and the mass that softmax misses."""
    dims = sorted({s.dim for s in spheres})
    by_size = {(s.dim, s.count): s.found for s in spheres}
    places = [float(place) for place in range(len(dims))]
    borders = [
        Series(label=label, x=places, y=[by_size[d, times * d + more] for d in dims], colour=at)
        for at, (label, times, more) in enumerate(BORDERS)
    ]
    return [
        Panel(
            title="least largest product found", x_label="dimension d", y_label="max ⟨v_i, v_j⟩",
            series=borders,
            level=0.0,
            categories=[str(d) for d in dims],
        ),
        Panel(
            title="softmax, W = beta I: mass missing on the target", x_label="beta", y_label="1 - least mass",
            series=[
                Series(
                    label=name, x=list(betas), y=[1 - m.least_mass for m in masses if m.tags == name], colour=at,
                )
                for at, name in enumerate(dict.fromkeys(m.tags for m in masses))
            ],
            log_x=True, log_y=True,
        ),
    ]  # fmt: skip
