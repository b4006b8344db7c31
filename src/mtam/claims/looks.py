"""Which look at a sequence of seeds a run is: kept in its folder, so that whoever judges it later pays for the others.

A run without the file was planned with its seeds, and looked at once.
"""

import json
from pathlib import Path

from pydantic import Field, ValidationError

from mtam.base.errors import UsageError
from mtam.base.spec import Shape
from mtam.rates.spending import LOOKS
from mtam.sweep import safe_files
from mtam.sweep.safe_files import Damaged
from mtam.sweep.schemas import first
from mtam.sweep.store import write_text

FILE = "look.json"


class LookShape(Shape):
    """The file: the look, from 1 on."""

    look: int = Field(ge=1, le=LOOKS)


def read(folder: Path) -> int | None:
    """The look that the run in ``folder`` is; None where it is none of a sequence. Raises UsageError if unreadable."""
    try:
        return LookShape.model_validate(safe_files.read_json(folder / FILE)).look
    except FileNotFoundError:
        return None
    except ValidationError as error:
        told = first(error)
    except (OSError, Damaged) as error:
        told = str(error)
    raise UsageError(f"{folder / FILE} cannot be read: {told}; run the same command again with --until-decided.")


def write(folder: Path, look: int) -> None:
    """Say in ``folder`` which look its run is."""
    write_text(folder / FILE, json.dumps(LookShape(look=look).model_dump()) + "\n")
