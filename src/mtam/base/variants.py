"""Variants by name: one registry line says where the settings and the run function of an estimator are.

A registry maps names to ``Variant``; names, lists of valid words and refusals are derived from it. Nothing here imports
pydantic, so that completion may ask; a variant's file is imported when its settings are wanted.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from mtam.base.named.named_code import is_sealed, load_named

# The estimators of every problem: problem -> where its registry is. What answers two problems is named in both.
REGISTRIES = {
    "recall": "mtam.recall.recall_variants:MODELS",
    "interaction": "mtam.interaction.interaction_variants:MODELS",
    "interaction_data": "mtam.interaction.interaction_variants:OWN_DATA_MODELS",
}


Named = str | Callable[..., Any]  # module:name, or the function or class itself


@dataclass(frozen=True)
class Variant:
    """One estimator: the class of its settings, the function that answers its trials, and what that needs."""

    settings: Named
    run: Named
    torch: bool = False  # whether it cannot do without torch
    gpu: bool = False  # whether it computes on the device that is asked for, and not on the CPU whatever that is


def load(path: Named) -> Any:
    """What ``module:name`` names, imported now; what is no text is returned as it is."""
    if not isinstance(path, str):
        return path
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def load_choice(registry: Mapping[str, str], name: str) -> Any:
    """What a registry says of a name; or the user's own function, where that is what the name stands for."""
    return load_named(name) if is_sealed(name) else load(registry[name])


@cache
def models(problem: str) -> Mapping[str, Variant]:
    """The estimators that answer a problem, by name."""
    found: Mapping[str, Variant] = load(REGISTRIES[problem])
    return found


def every_model() -> dict[str, Variant]:
    """The estimators of all problems, by name."""
    return {name: variant for problem in reversed(REGISTRIES) for name, variant in models(problem).items()}


def settings_class(variant: Variant) -> Any:
    """The class of a variant's settings."""
    return load(variant.settings)


def own_settings(variant: Variant) -> list[str]:
    """The names of a variant's own settings."""
    return [key for key in settings_class(variant).model_fields if key != "name"]


def choose(variants: Mapping[str, Variant], values: Any, default: str) -> Any:
    """Validate ``values`` as the settings of the variant that their ``name`` says; what is no mapping passes through.

    Raises ValueError for an unknown name, and for a setting that the variant does not have, with those that have it.
    """
    if not isinstance(values, Mapping):
        return values
    name = values.get("name", default)
    known(variants, name)
    for key in values.keys() - {"name", *own_settings(variants[name])}:
        raise ValueError(foreign(variants, [name], str(key)))
    return settings_class(variants[name]).model_validate({"name": name, **values})


def known(names: Iterable[str], name: Any) -> str:
    """The name itself; ValueError with the valid ones where it is none of them."""
    if name not in list(names):
        raise ValueError(f"{name!r} is unknown; valid: {', '.join(names)}")
    return str(name)


def owners(variants: Mapping[str, Variant], key: str) -> list[str]:
    """The variants that have a setting."""
    return [name for name, variant in variants.items() if key in own_settings(variant)]


def foreign(variants: Mapping[str, Variant], names: Iterable[str], key: str) -> str:
    """One clause about a setting that none of ``names`` has: whose it is."""
    found, chosen = owners(variants, key), " or ".join(names)
    if not found:
        return f"model.{key} is a setting of no model, {chosen} included"
    return f"model.{key} is a setting of {', '.join(found)}, not of {chosen}"
