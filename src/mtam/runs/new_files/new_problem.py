"""A problem's file and its test, written from an example that works."""

from collections.abc import Sequence
from pathlib import Path

from mtam.base import conf_files
from mtam.base.errors import UsageError, writing
from mtam.problems import examples
from mtam.problems.own import NAME
from mtam.problems.registry import PROBLEMS

TEST = '''"""NAME.py: its claims are supported on fresh seeds, and its negative controls are contradicted."""

from pathlib import Path

import mtam

FILE = Path(__file__).with_name("NAME.py")


def test_claims_and_controls(tmp_path):
    run = mtam.sweep(FILE, "sweep.first_seed=2000", out=tmp_path / "run")
    assert not run.failures
    claims = run.judgements[run.judgements["id"] != ""]
    assert len(claims)
    wanted = claims["id"].str.endswith("control").map({True: "contradicted", False: "supported"})
    assert claims["verdict"].tolist() == wanted.tolist(), claims.to_string()
'''


def write(name: str, example: str, known: Sequence[str]) -> list[Path]:
    """NAME.py and test_NAME.py in this folder; raises UsageError for a name that is none or taken."""
    if example not in known:
        raise UsageError(f"--from {example}: there is no such example; {conf_files.nearest(example, known)}")
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a problem; valid: a small letter, then small letters, digits and _.")
    if name in PROBLEMS:
        raise UsageError(f"{name} is the name of a built-in problem; give it another one.")
    text = (Path(examples.__file__).parent / f"{example}.py").read_text(encoding="utf-8")
    text = text.replace(example, name).replace(example.replace("_", "-"), name.replace("_", "-"))
    files = {Path(f"{name}.py"): text, Path(f"test_{name}.py"): TEST.replace("NAME", name)}
    for path in files:
        if path.exists():
            raise UsageError(f"{path} is there already; give the problem another name.")
    with writing(Path()):
        for path, content in files.items():
            path.write_text(content, encoding="utf-8")
    return list(files)
