"""Keys: a setting that one estimator gains moves no key, and a revision moves those of its own trials alone."""

from typing import Any, ClassVar

import pytest
from pydantic import Field

from mtam.base.variants import Variant, models
from mtam.interaction.interaction_models import AlsModel
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.recall.recall_models import SoftmaxModel
from mtam.recall.recall_spec import RecallTrial


class WarmSoftmax(SoftmaxModel):
    """Softmax attention that has gained a setting."""

    warmup: float = Field(0.0, ge=0)


class RevisedAls(AlsModel):
    """Alternating least squares whose numbers have changed their meaning."""

    revision: ClassVar[int] = 1


def keys(problem: str) -> dict[str, str]:
    kind: Any = {"recall": RecallTrial, "interaction": InteractionTrial}[problem]
    return {name: kind.model_validate({"model": {"name": name}}).key() for name in models(problem)}


def test_a_setting_that_an_estimator_gains_moves_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys("recall")
    old = models("recall")["softmax"]
    monkeypatch.setitem(models("recall"), "softmax", Variant(f"{__name__}:WarmSoftmax", old.run))
    assert keys("recall") == before
    warm, cold = (RecallTrial.model_validate({"model": {"warmup": share}}) for share in (0.1, 0.0))
    assert cold.key() == before["softmax"] != warm.key()


def test_a_revision_moves_the_keys_of_its_own_trials_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys("interaction")
    old = models("interaction")["als"]
    monkeypatch.setitem(models("interaction"), "als", Variant(f"{__name__}:RevisedAls", old.run))
    after = keys("interaction")
    assert {name for name in before if before[name] != after[name]} == {"als"}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("softmax", "093636e081d7945248a3"),
        ("linear", "a9a21a175edeea9fa868"),
        ("linear_elu", "1955168cdc7aeeba0045"),
        ("frozen_rbf", "ca34f5cab34e90be241a"),
        ("mean", "8f2f417dfa8f10462b87"),
        ("tag_only", "d516d17c8fcde7f91d98"),
        ("oracle", "adadede23113f7d2de8c"),
        ("mercer", "328f2d27ffe7def45929"),
        ("knn", "78091b67301ebda56fae"),
        ("gp", "bc0c7cb8b1b5a35888d5"),
        ("ips_erm", "1fc4303f6a6b1236d13e"),
        ("oracle_a", "8048ca8a2b027192ee26"),
        ("mlp", "677d5ced056e28a13326"),
        ("als", "39ea0f64817c669f0b81"),
    ],
)
def test_keys_of_schema_2_have_not_moved(name: str, key: str) -> None:
    """The keys that the version of schema 2 gave to ``mtam sweep alpha model=NAME`` and ``mtam fit-ips model=NAME``."""
    assert {**keys("recall"), **keys("interaction")}[name] == key


def test_estimators_of_equal_settings_have_keys_of_their_own() -> None:
    found = [*keys("recall").values(), *keys("interaction").values()]
    assert len(set(found)) == len(found)
