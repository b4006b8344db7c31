"""Reading the trials of a manifest, most of which differ from one before them in the seed alone."""

import hashlib
import json
import marshal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mtam.base.spec import KEY_DIGITS, MOST_WHOLE, Trial

SEED = "seed"
MARK = "\x00seed"  # in the place of a seed; where a setting holds it as well, nothing is copied


@dataclass(frozen=True)
class _First:
    """A trial that was validated, and the canonical text behind its key on both sides of its seed."""

    trial: Trial
    before: str
    after: str

    def with_seed(self, seed: int) -> tuple[Trial, str]:
        """The same with another seed, and its key."""
        text = f"{self.before}{seed}{self.after}"
        key = hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]
        return self.trial.model_copy(update={SEED: seed}), key


class TrialReader:
    """Validates the first of the trials that differ in their seeds alone, and copies it for the others.

    What is alike is so to the type: ``marshal`` tells 1 from 1.0 and from True, as validation does.
    """

    def __init__(self, kind: type[Trial]) -> None:
        self._kind = kind
        self._firsts: dict[bytes, _First] = {}
        # A seed that is bounded otherwise than from below by 0 is left to the validation of every trial.
        bounds = kind.model_fields[SEED].metadata
        self._plain = repr(bounds) == "[Ge(ge=0)]"

    def read(self, fields: Mapping[str, Any]) -> tuple[Trial, str]:
        """The trial of these fields, as a manifest has them, and its key. Raises pydantic's ValidationError."""
        seed = fields.get(SEED)
        if not (self._plain and type(seed) is int and 0 <= seed <= MOST_WHOLE):
            trial = self._validated(fields)
            return trial, trial.key()
        alike = marshal.dumps({name: value for name, value in fields.items() if name != SEED}, 2)
        first = self._firsts.get(alike)
        if first is not None:
            return first.with_seed(seed)
        trial = self._validated(fields)
        text = trial.text_of({**trial.key_fields(), SEED: MARK})
        before, mark, after = text.partition(json.dumps(MARK))
        if mark and json.dumps(MARK) not in after:
            self._firsts[alike] = _First(trial, before, after)
        return trial, trial.key()

    def _validated(self, fields: Mapping[str, Any]) -> Trial:
        return self._kind.from_json(json.dumps(fields))
