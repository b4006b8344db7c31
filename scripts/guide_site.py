"""What mkdocs needs beside the pages of the guide: README as the first page, the changelog, the pictures they show.

Pages are written to be read in a terminal and in the repository, so their addresses are those of the repository; here
they become those of the site.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

REPO = Path(__file__).resolve().parents[1]
PICTURES = re.compile(r"\]\((?:\.\./\.\./\.\./)?(outputs/reference/[^)\s]+\.(?:png|svg))\)")
PAGES = {"index.md": "README.md", "CHANGELOG.md": "CHANGELOG.md"}


def as_on_the_site(markdown: str) -> str:
    """A page with the addresses of the site in place of those of the repository.

    >>> as_on_the_site("![a](../../../outputs/reference/d/curves.png), [claims](src/mtam/guide/claims.md)")
    '![a](outputs/reference/d/curves.png), [claims](claims.md)'
    """
    return PICTURES.sub(r"](\1)", markdown).replace("](src/mtam/guide/", "](")


def on_files(files: Any, config: Any) -> Any:
    """Add what lies outside the folder of the guide."""
    for name, source in PAGES.items():
        files.append(File.generated(config, name, content=(REPO / source).read_text(encoding="utf-8")))
    pages = [REPO / source for source in PAGES.values()] + list(Path(config.docs_dir).glob("*.md"))
    pictures = {found for page in pages for found in PICTURES.findall(page.read_text(encoding="utf-8"))}
    for picture in sorted(pictures):
        files.append(File.generated(config, picture, abs_src_path=str(REPO / picture)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Every page's Markdown, before it is rendered."""
    return as_on_the_site(markdown)
