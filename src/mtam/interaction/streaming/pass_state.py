"""Where a streamed fit stands: which step, which block, the sums so far, and the point that they are linearised at."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from mtam.base.resume.state_file import StateFile
from mtam.interaction.model.splines import Spline, SplineSpace

Array = npt.NDArray[np.float64]

STATE = "normal_sums.npz"


@dataclass
class PassState:
    """The pilot, or what the last finished step gave, and the sums of the step under way."""

    matrix: Array  # A (d, d)
    phi: Spline
    samples: int  # behind them
    pilot: dict[str, float]  # what is reported of the pilot
    step: int = 0  # index of the step under way
    block: int = 0  # blocks that its sums hold
    sums: dict[str, Array] = field(default_factory=dict)
    lengths: list[float] = field(default_factory=list)  # of finished steps
    seconds: float = 0.0  # of processor time, so far


class PassKeeper:
    """Keeps the state of one trial, known by its key, in a folder; None: keeps nothing."""

    def __init__(self, folder: Path | None, key: str) -> None:
        self._file, self._key = StateFile(folder, f"{key}-{STATE}"), key

    def due(self) -> bool:
        """Whether the last state is so old that a new one is wanted."""
        return self._file.due()

    def save(self, state: PassState) -> None:
        """In the place of the one before."""
        arrays: dict[str, Any] = {
            "key": np.array(self._key),
            "matrix": state.matrix,
            "coefficients": state.phi.coefficients,
            "spline": np.array([state.phi.space.degree, state.phi.space.intervals]),
            "place": np.array([state.samples, state.step, state.block]),
            "pilot_names": np.array(list(state.pilot)),
            "pilot": np.array(list(state.pilot.values()), dtype=np.float64),
            "lengths": np.array(state.lengths, dtype=np.float64),
            "seconds": np.array(state.seconds),
            **{f"sum_{name}": part for name, part in state.sums.items()},
        }

        def write(file: BinaryIO) -> None:
            np.savez(file, **arrays)

        self._file.save(write)

    def load(self) -> PassState | None:
        """The state, or None if there is none, it is damaged, or it belongs to another trial."""
        path = self._file.present()
        if path is None:
            return None
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                return None if str(file["key"]) != self._key else _read(file)
        except Exception:  # a torn file may fail anywhere in the reader
            return None


def _read(file: Any) -> PassState:
    degree, intervals = (int(value) for value in file["spline"])
    samples, step, block = (int(value) for value in file["place"])
    sums = {name.removeprefix("sum_"): file[name] for name in file.files if name.startswith("sum_")}
    if not all(np.isfinite(part).all() for part in sums.values()):
        raise ValueError("sums that are not finite")
    return PassState(
        matrix=file["matrix"],
        phi=Spline(SplineSpace(degree, intervals), file["coefficients"]),
        samples=samples,
        pilot=dict(zip(file["pilot_names"].tolist(), file["pilot"].tolist(), strict=True)),
        step=step,
        block=block,
        sums=sums,
        lengths=file["lengths"].tolist(),
        seconds=float(file["seconds"]),
    )
