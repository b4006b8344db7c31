"""The tiny sweep, run once without a fault."""

import json
from pathlib import Path

import pytest

from tests.faults.helpers import start


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its folder; nobody may change it."""
    out = tmp_path_factory.mktemp("whole") / "run"
    process = start(out, "--json", "--launcher", "inline")
    said, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert json.loads(said)["trials"] == 8
    return out
