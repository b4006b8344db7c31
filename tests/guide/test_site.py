"""The guide as a site, built without a warning."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mtam.guide import pages
from tests.conftest import REPO

SETTINGS = REPO / "scripts" / "guide_site.yml"
needs_mkdocs = pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed")


def build(settings: Path, site: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(settings), "-d", str(site)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_every_page_of_the_guide_is_on_the_site() -> None:
    named = re.findall(r"^  - .*: (\S+)\.md$", SETTINGS.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted([*pages.PAGES, "index", "CHANGELOG"])


@needs_mkdocs
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    done = build(SETTINGS, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    home = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert 'href="claims.html"' in home
    for page in (tmp_path / "site").glob("*.html"):
        for picture in re.findall(r'src="(outputs/[^"]+)"', page.read_text(encoding="utf-8")):
            original = REPO / picture
            assert (tmp_path / "site" / picture).read_bytes() == original.read_bytes(), page


@needs_mkdocs
@pytest.mark.parametrize("broken", ["[a page](nowhere.md)", "[a place](claims.md#nowhere)", "![a picture](none.png)"])
def test_a_broken_address_is_an_error(broken: str, tmp_path: Path) -> None:
    """The control."""
    guide = tmp_path / "guide"
    shutil.copytree(REPO / "src" / "mtam" / "guide", guide)
    (guide / "python.md").write_text(f"# Python\n\n{broken}\n", encoding="utf-8")
    text = SETTINGS.read_text(encoding="utf-8")
    text = text.replace("../src/mtam/guide", str(guide)).replace(
        "- guide_site.py", f"- {SETTINGS.parent}/guide_site.py"
    )
    settings = tmp_path / "guide_site.yml"
    settings.write_text(text, encoding="utf-8")
    done = build(settings, tmp_path / "site")
    assert done.returncode == 1
    assert "python.md" in done.stderr
