"""Compose Hydra configurations, apply overrides, freeze the result into validated specs. Hydra stops here."""

from mtam.config.grammar import Overrides, parse_overrides
from mtam.config.own_sweeps import plan_named
from mtam.config.plans import check_keys, compose_config, plan_fit, plan_own, plan_sweep

__all__ = [
    "Overrides",
    "check_keys",
    "compose_config",
    "parse_overrides",
    "plan_fit",
    "plan_named",
    "plan_own",
    "plan_sweep",
]
