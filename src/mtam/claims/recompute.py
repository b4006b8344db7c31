"""Every claim again from rows alone, by other means than the rest of this package, of which nothing is imported.

    python recompute.py DIR CONF      DIR = outputs/reference, CONF = conf/claims

DIR/claims/claims.csv is what was told, DIR/<sweep>/curve.csv has a row per trial, DIR/check-<name>/finding.json what a
check found. Exit code 1 where value, interval or verdict of a claim differs from what was told.
"""

import csv
import json
import sys
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy import optimize, special, stats

WORDS = {"undecided": "undecided at this scale", "outside": "outside the theorem's conditions"}
YES, NO, OPEN = "supported", "contradicted", "undecided"
LAGS, RATIOS, GAMMAS = (0, 0.3, 0.6, 0.8, 0.9, 0.95), np.arange(-16, 16.1, 0.5), np.arange(2, 201) / 100


class TooFewError(Exception):
    """No interval: fewer than two seeds or sizes."""


def student(v: Any, level: float = 0.95) -> Any:  # estimate, low and high end
    if len(v) < 2 or not np.isfinite(v).all():
        raise TooFewError
    return np.mean(v) + np.array([0, -1, 1]) * stats.t.ppf(0.5 + level / 2, len(v) - 1) * stats.sem(v)


def weights(n: Any, y: Any) -> Any:  # inverse to the variance's shrunk trend; to REML's where that gains more than 10
    x, (s, m), apart = np.log(n) - np.log(n).mean(), y.shape, y - y.mean(axis=0)
    variance = np.maximum(((apart - apart.mean(axis=1)[:, None]) ** 2).sum(axis=0) / max(s - 1, 1), 1e-20)
    if s < 3 or m < 4 or variance.max() <= 1e-20:
        return np.ones(m)
    c = np.polyfit(x, np.log(variance), 1)[0]
    c *= max(0.0, 1 - 4 * special.polygamma(1, (s - 1) / 2) / (x @ x) / c**2)
    if s >= 5 and m <= 64:
        loss = np.empty((len(RATIOS), len(LAGS)))
        for i, j in np.ndindex(loss.shape):
            d = np.exp(RATIOS[i] / np.ptp(x) * x / 2)
            full = np.outer(d, d) * np.power(float(LAGS[j]), abs(np.subtract.outer(range(m), range(m))))
            inverse = np.linalg.inv(full)
            own = inverse - np.outer(inverse.sum(axis=0), inverse.sum(axis=0)) / inverse.sum()  # free of the level
            scale = (m - 1) * np.log(np.trace(apart @ own @ apart.T))
            loss[i, j] = (s - 1) * (scale + np.linalg.slogdet(full)[1] + np.log(inverse.sum()))
        profile = loss.min(axis=1)
        if np.interp(c * np.ptp(x), RATIOS, profile) - profile.min() > 10:
            c = RATIOS[profile.argmin()] / np.ptp(x)
    return np.exp(-c * x) / np.exp(-c * x).mean()


def slopes(n: Any, e: Any, like: Any = None) -> Any:
    return np.polyfit(np.log(n), np.log(e).T, 1, w=weights(n, np.log(e if like is None else like)) ** 0.5)[0]


def law(n: Any, e: Any, gamma: float) -> Any:  # exp(-C (ln n)^gamma) against n^-b and n^-b + floor; the free gamma
    y, x, s, m = np.log(e), np.log(n), len(e), len(n)
    if s < 2 or m < 4:
        raise LookupError("too few seeds or sizes")
    mean, root = y.mean(axis=0), weights(n, y) ** 0.5

    def bent(b: float) -> Any:  # floor, height and misfit
        u = root / np.exp(mean - mean.mean())
        return optimize.nnls(np.stack([u, u * np.exp(-b * (x - x[0]))], axis=1), root)

    def fit(t: Any, b: float | None = None) -> Any:  # curve, tangent, AICc
        tangent, curve = np.stack([np.ones(m), t], axis=1), np.polyval(np.polyfit(t, mean, 1, w=root), t)
        if b is not None:
            (low, height), g = bent(b)[0], np.exp(-b * (x - x[0]))
            p = low + height * g
            curve, tangent = np.log(p) + mean.mean(), np.stack([height * g / p, x * height * g / p, 1 / p], axis=1)
        k, rss = tangent.shape[1] + 1, ((root * (mean - curve)) ** 2).sum()
        return curve, tangent, m * np.log(rss) + 2 * k + (2 * k * (k + 1) / (m - k - 1) if m > k + 1 else 0)

    def leads(one: Any, two: Any) -> bool:  # the seeds lead from one law to the other
        design = np.column_stack([one[1], two[0] - one[0]]) * root[:, None]
        c = np.linalg.lstsq(design / np.linalg.norm(design, axis=0), ((y - one[0]) * root).T, rcond=None)[0][-1]
        return bool(student(c)[1] > 0)

    def better(one: Any, two: Any) -> bool:
        return leads(two, one) and not leads(one, two) and two[2] - one[2] >= 2

    def free(v: Any) -> float:
        return float(GAMMAS[np.argmax([np.corrcoef(x**g, v)[0, 1] ** 2 for g in GAMMAS])])

    value, others = free(mean), [free(np.delete(y, k, axis=0).mean(axis=0)) for k in range(s)]
    half = stats.t.ppf(0.975, s - 1) * np.std(others) * (s - 1) ** 0.5
    ends = np.array([value - half if min(value - half, *others) > GAMMAS[0] else -np.inf,
                     value + half if max(value + half, *others) < GAMMAS[-1] else np.inf])  # fmt: skip
    if set(others) in ({GAMMAS[0]}, {GAMMAS[-1]}):  # they have no spread to measure
        ends = np.array([-np.inf, np.inf])
    ours, power = fit(x**gamma), fit(x)
    if not better(ours, power):
        return NO if better(power, ours) else OPEN, (value, *ends)
    bs = np.geomspace(0.01, 60, 500) / np.ptp(x)
    k = int(np.argmin([bent(b)[1] for b in bs]))
    around = (bs[max(k - 1, 0)], bs[min(k + 1, 499)])
    floored = fit(x, optimize.minimize_scalar(lambda b: bent(b)[1], bounds=around, options={"xatol": 1e-12}).x)
    gain, border = floored[2] - ours[2], value in (GAMMAS[0], GAMMAS[-1])
    undone = gain <= -2 or (border and (gain < 2 or leads(ours, floored)))
    return YES if not undone else NO if better(floored, ours) else OPEN, (value, *ends)


def within(f: Any, low: float, high: float) -> Any:
    return YES if low <= f[1] and f[2] <= high else NO if f[2] < low or f[1] > high else OPEN, f


def alike(
    groups: Any, margin: float, a: float
) -> Any:  # two one-sided tests of every pair; contradicted at a corrected level
    pairs = [a - b for a, b in combinations(groups, 2)]
    strict = [student(v, 1 - a / len(pairs)) for v in pairs]
    test, wide = (max(f, key=lambda f: abs(f[1:]).max()) for f in ([student(v, 1 - 2 * a) for v in pairs], strict))
    out = [f for f in strict if f[1] > margin or f[2] < -margin]
    return (NO, out[0]) if out else (YES, test) if abs(test[1:]).max() < margin else (OPEN, wide)


def curve(folder: Path, at: Any, column: str, signed: bool = False, needs: str = "") -> tuple[Any, bool]:
    """Number by size and seed, without seeds that lack a size; whether no size meets what the theorem needs."""
    with (folder / "curve.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if all(r[k] == v or r[k] == f"{v}" for k, v in at.items())]
    data = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))["data"]
    if len({r["cell"] for r in rows}) != 1 or column not in rows[0]:
        raise LookupError(f"{folder}: no {column} of one cell with {at}")
    by: dict[int, dict[int, float]] = {}
    for r in rows:
        if r[column] or r["status"] == "failed":
            by.setdefault(int(r["n"]), {})[int(r["seed"])] = float(r[column] or "nan")
    if needs == "inside_theorem":  # r d <= (M / ln M)^(1 / (2 beta + 1)), beta = P - 1
        d, rank, degree = (float(rows[0].get(f"data.{k}") or data[k]) for k in ("d", "rank", "degree"))
        inside = {n: by[n] for n in by if np.log(n / np.log(n)) >= (2 * max(degree - 1, 1) + 1) * np.log(rank * d)}
        return curve_of(inside or by, signed), not inside
    return curve_of(by, signed), False


def curve_of(by: dict[int, dict[int, float]], signed: bool) -> Any:
    if not by:
        raise LookupError("no size has the number")
    whole = set.intersection(*map(set, by.values()))
    seeds = [s for s in sorted(whole) if all(np.isfinite(e[s]) and (signed or e[s] > 0) for e in by.values())]
    return {(s, n): by[n][s] for s in seeds for n in sorted(by)}


def together(*curves: Any) -> Any:  # the sizes that all have, and the numbers (seeds, sizes) of each on shared seeds
    seeds, n = (sorted(set.intersection(*({key[i] for key in c} for c in curves))) for i in (0, 1))
    return np.array(n, dtype=float), *(np.array([[c[s, k] for k in n] for s in seeds]) for c in curves)


def judge(claim: Any, folder: Path) -> Any:
    """The verdict on a claim about a sweep, with estimate and ends; LookupError where rows lack what it needs."""
    way, outside, axis = claim["judge"], claim.get("outside"), claim["judge"].get("axis")
    places = [claim.get("at", {}) | {axis: v} for v in way["values"]] if axis else [claim.get("at", {})]
    signed, column = way["way"] in ("exponent", "level", "clustered_share"), way.get("column", "error")
    columns = [column, way["forecast"]] if way["way"] == "growth" else [column]
    read = [curve(folder, at, each, signed, claim.get("needs", "")) for each in columns for at in places]
    try:
        said, f = by_rows(way, folder, [c for c, _ in read], places[0], spent(folder))
    except TooFewError:
        said, f = OPEN, None
    return "outside" if outside or any(lost for _, lost in read) else said, f


def spent(folder: Path) -> float:  # what one look of a sequence may err in
    look = json.loads((folder / "look.json").read_text())["look"] if (folder / "look.json").exists() else 0
    return 0.05 * 2 / 3**look if look else 0.05


def by_rows(w: Any, folder: Path, curves: Any, at: Any, a: float = 0.05) -> Any:
    """What the numbers say by one way to judge, with intervals at 1 - a."""
    w = {"column": "error", "widest": 0.15 if w["way"] == "exponent" else 0.1, "margin": 0.1, "tolerance": 0} | w
    way, low, high, margin = w["way"], w.get("low", -np.inf), w.get("high", np.inf), w["margin"]
    n, *many = together(*curves)
    e = many[0]
    if "to" in w or "of" in w or isinstance(w.get("rival"), dict):
        other, column = at if "to" in w or "of" in w else w["rival"], w.get("to") or w.get("of") or w["column"]
        n, e, others = together(curves[0], curve(folder, other, column, way == "clustered_share")[0])
    if not len(n) or not len(e):
        raise LookupError("no size or no seed in common")
    late, expected = n >= w.get("from_n", 0), w.get("expected")
    if way == "law":
        said, f = law(n, e, at["data.alpha"] / (at["data.alpha"] + 1))
    elif way in ("slope", "exponent"):
        if way == "slope":
            f = student(slopes(n, e), 1 - a)
            expected = float(slopes(n, np.exp(np.log(others).mean(axis=0))[None], e)[0]) if "of" in w else expected
        else:
            scaled = (e * n**-expected)[:, late]
            if scaled.mean() <= 0:
                raise LookupError("the mean is not positive")
            f = student(expected + np.polyfit(np.log(n[late]), scaled.T, 1)[0] / scaled.mean(), 1 - a)
        wide = max(f[2] - f[0], f[0] - f[1]) > w["widest"] or f[1] <= w.get("rival", np.nan) <= f[2]
        missed = f[1] > expected + w["tolerance"] or f[2] < expected - w["tolerance"]
        said = NO if missed else OPEN if wide else YES
    elif way in ("at_least_as_fast", "slope_near"):
        low, high = expected - margin if way == "slope_near" else -np.inf, expected + margin
        f, test = (student(slopes(n, e), level) for level in (1 - a, 1 - 2 * a))
        said = NO if f[1] > high or f[2] < low else YES if low <= test[1] and test[2] <= high else OPEN
        f = test if said == YES else f
    elif way == "flat_ratio":
        v = np.polyfit(np.log(n[late]), np.log(e / others)[:, late].T, 1)[0]
        f, test = student(v, 1 - a), student(v, 1 - 2 * a)
        said = NO if f[1] > margin or f[2] < -margin else YES if abs(test[1:]).max() < margin else OPEN
    elif way == "growth":
        v = np.log(np.array([c[:, -1] for c in many]))  # the columns of all cells, then their forecasts
        v = np.polyfit(np.log(w["values"]), v[: len(v) // 2] - v[len(v) // 2 :], 1)[0]
        f, test = student(v, 1 - a), student(v, 1 - 2 * a)
        said = NO if f[1] > margin or f[2] < -margin else YES if abs(test[1:]).max() < margin else OPEN
    elif way == "level":
        said, f = within(student(e[:, -1], 1 - a), low, high)
    elif way == "ratio":
        logs = list(np.log(e / others)[:, late].T)[-1 if w.get("largest") else 0 :]
        strict = [within(np.exp(student(v, 1 - a / len(logs))), low, high) for v in logs]
        usual = [within(np.exp(student(v, 1 - a)), low, high) for v in logs]
        against, unsure = [j for j in strict if j[0] == NO], [j for j in usual if j[0] != YES]
        said, f = against[-1] if against else (OPEN, unsure[-1][1]) if unsure else usual[-1]
    elif way == "ordering":
        logs = [v for one, two in pairwise(many) for v in np.log(two / one).T]
        f = np.exp(min((student(v, 1 - a) for v in logs), key=lambda f: f[1]))
        back = [g for g in (np.exp(student(v, 1 - a / len(logs))) for v in logs) if g[2] < 1]
        said, f = (NO, min(back, key=lambda g: g[2])) if back else (YES if f[1] > 1 else OPEN, f)
    elif way == "equivalence":
        said, f = alike([slopes(n, one) for one in many], margin, a)
    elif way == "median_ratio":
        said, f = by_order((e / others)[e[:, -1] < w.get("given_below", np.inf), -1], low, high, a)
    elif way == "axis_exponent":
        x = np.log(w["values"]) - np.log(w["values"]).mean()
        said, f = by_order(x @ np.log([one[:, -1] for one in many]) / (x @ x), low, high, a)
    elif way == "share":
        k, s = int((e[:, -1] < w["below"]).sum()), len(e)
        ends = stats.beta.ppf(a / 2, k, s - k + 1) if k else 0, stats.beta.ppf(1 - a / 2, k + 1, s - k) if k < s else 1
        said, f = within((k / s, *ends), max(low, 0), min(high, 1))
    elif way == "clustered_share":
        said, f = within(korn_graubard(e[:, -1], others[:, -1], a), max(low, 0), min(high, 1))
    return said, f


def by_order(v: Any, low: float, high: float, a: float) -> Any:  # the median between order statistics
    v, k = np.sort(v), int(stats.binom.ppf(a / 2, len(v), 0.5))
    k -= 2 * stats.binom.cdf(k - 1, len(v), 0.5) > a
    return within((np.median(v), v[k - 1], v[len(v) - k]), low, high) if k >= 1 else (OPEN, None)


def korn_graubard(share: Any, size: Any, a: float) -> Any:  # Clopper and Pearson at the effective number of trials
    s, total = len(share), size.sum()
    if s < 2:
        raise TooFewError
    p, n = np.average(share, weights=size), float(s)
    if 0 < p < 1:
        v = s * np.var(size / total * (share - p), ddof=1)
        n = total if v == 0 else np.clip(p * (1 - p) / v, s, total)
        n *= (stats.t.ppf(0.975, total - 1) / stats.t.ppf(0.975, s - 1)) ** 2
    low = stats.beta.ppf(a / 2, p * n, (1 - p) * n + 1) if p > 0 else 0
    return p, low, stats.beta.ppf(1 - a / 2, p * n + 1, (1 - p) * n) if p < 1 else 1


def found(claim: Any, folder: Path) -> Any:
    """The verdict as the check kept it: recomputed by running the check again, not here."""
    told = json.loads((folder / "finding.json").read_text(encoding="utf-8"))["finding"]["verdicts"]
    one = next(v for v in told if v["key"] == claim["judge"]["key"])
    none = one.get("value") is None
    ends = None if none else [np.nan if one.get(k) is None else one[k] for k in ("value", "low", "high")]
    return "outside" if claim.get("outside") else one["said"], ends


def same(told: dict[str, str], said: str, f: Any) -> bool:
    """Whether verdict, estimate and finite ends agree to six digits of the largest of them."""
    numbers = [float(told[k]) if told[k] else None for k in ("value", "low", "high")]
    ours = [None if v is None or not np.isfinite(v) else float(v) for v in (f if f is not None else [None] * 3)]
    scale = max((abs(v) for v in (*numbers, *ours) if v is not None), default=1.0)
    pairs = zip(numbers, ours, strict=True)
    close = all((a is None) == (b is None) and (a is None or b is None or abs(a - b) <= 1e-6 * scale) for a, b in pairs)
    return close and told["verdict"] == WORDS.get(said, said)


def declared(conf: Path) -> list[Any]:
    """The claims of a folder of conf/claims."""
    files = sorted(conf.glob("*.yaml"))
    return [claim for file in files for claim in yaml.safe_load(file.read_text(encoding="utf-8"))["claims"]]


def recompute(table: Path, claims: list[Any], places: dict[str, Path]) -> list[dict[str, Any]]:
    """A line per claim: what the table tells, what the rows say, and whether they agree; None where rows are missing.

    ``places`` are the folders of sweeps and of checks ("check fano").
    """
    with table.open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    known: dict[str, Any] = {}
    lines = []
    for claim in sorted(claims, key=lambda claim: claim["judge"]["way"] == "all_of"):  # which rest on others
        row, way = rows[claim["id"]], claim["judge"]["way"]
        folder = places.get(claim.get("sweep") or f"check {claim['judge'].get('check')}")
        line = {"id": claim["id"], "by": "check" if way == "found" else "rows", "agrees": None, "says": "no rows"}
        lines.append(line | {"told": "{verdict} {value} [{low}, {high}]".format(**row)})
        try:
            if way == "all_of":
                parts = [known[part] for part in claim["judge"]["claims"]]
                said = {word for word, _ in parts}
                result = NO if NO in said else YES if said == {YES} else OPEN, parts[-1][1]
            else:
                result = (found if way == "found" else judge)(claim, folder or Path())
        except (LookupError, OSError) as reason:
            lines[-1]["says"] = str(reason)
            continue
        known[claim["id"]] = result
        lines[-1] |= {"agrees": same(row, *result), "says": f"{result[0]} {result[1]}"}
    return lines


def beside(root: Path) -> dict[str, Path]:
    """The folders in ``root`` that are called as a sweep or check-<name>, by what they hold."""
    places = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        name = folder.name.removeprefix("check-")
        places[f"check {name}" if name != folder.name else name] = folder
    return places


if __name__ == "__main__":
    root = Path(sys.argv[1])
    lines = recompute(root / "claims" / "claims.csv", declared(Path(sys.argv[2])), beside(root))
    for line in lines:
        if not line["agrees"]:
            print("{id}: told {told}; recomputed {says}".format(**line))
    print(f"{sum(line['agrees'] is True for line in lines)} of {len(lines)} claims agree")
    sys.exit(any(line["agrees"] is False for line in lines))
