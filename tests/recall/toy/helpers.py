"""Small trials under the reported protocol."""

from typing import Any

from mtam.recall.recall_spec import RecallData, RecallTrial, ReportedToy


def trial(seed: int = 0, n: int = 64, alpha: float = 1.0, length: int | None = 5000, **settings: Any) -> RecallTrial:
    """A trial under the reported protocol with few test contexts."""
    data = RecallData(alpha=alpha, modes=16, length=length, noise=0.01, test=200)
    return RecallTrial(protocol="reported", n=n, seed=seed, data=data, reported=ReportedToy(**settings))
