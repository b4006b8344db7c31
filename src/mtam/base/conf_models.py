"""Which models a configuration has, and which settings apply to them; read without Hydra."""

from collections.abc import Iterable, Mapping, Sequence

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.base.variants import REGISTRIES, Variant, every_model, foreign, models, own_settings, owners


def applies(key: str, model: str, config: str | None = None) -> bool:
    """Whether a setting is one that this model has, of the problem of ``config`` if that is said, or no model's."""
    group, _, leaf = key.partition(".")
    variant = (every_model() | dict(answering(config) if config else {})).get(model)
    return group != "model" or variant is None or leaf in ("name", *own_settings(variant))


def answering(config: str) -> Mapping[str, Variant]:
    """The models that answer the problem of a configuration."""
    named = conf_files.load(config).get("problem")
    return models(named) if isinstance(named, str) and named in REGISTRIES else every_model()


def refuse_foreign(config: str, key: str, chosen: Iterable[str]) -> None:
    """Raise UsageError where a key is a setting of other models of the problem than those that are chosen."""
    group, _, leaf = key.partition(".")
    if group == "model" and owners(answering(config), leaf):
        raise UsageError(f"{foreign(answering(config), chosen, leaf)}.")


def check_file(config: str, chosen: Sequence[str]) -> None:
    """Raise UsageError for a setting of the file of a sweep that none of its models, or of the chosen ones, has."""
    own = conf_files.load(config).get("model") or {}
    known = list(dict.fromkeys([*conf_files.models_of(config), *chosen]))
    for key in own if isinstance(own, dict) else ():
        if not any(applies(f"model.{key}", model, config) for model in known):
            raise UsageError(f"conf/{config}.yaml: {foreign(answering(config), known, str(key))}.")
