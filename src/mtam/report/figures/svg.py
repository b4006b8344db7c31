"""SVG as matplotlib writes it, with a title per point, and made fit for a page that is light or dark."""

import io
import re
from collections.abc import Sequence
from xml.etree import ElementTree as Tree

from matplotlib.artist import Artist
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from mtam.report.figures import legend_series

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
TIP, STOP = "tip ", " \u241f "  # begins an id that holds titles; stands between two of them

HEAD = 18.0  # points above a panel for its title

Tree.register_namespace("", SVG)
Tree.register_namespace("xlink", XLINK)


def tip(artist: Artist, *texts: str) -> None:
    """Give an artist a title, or one title to every marker, that a browser shows when a pointer rests there."""
    artist.set_gid(TIP + STOP.join(texts))


def render(figure: Figure) -> str:
    """The figure as an SVG document: equal figures are equal bytes, and no date is inside."""
    held = io.StringIO()
    _lay_out(figure)
    legend_series.mark(figure)
    figure.savefig(held, format="svg", dpi=72, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = Tree.fromstring(held.getvalue())
    legend_series.tell(root)
    _titles(root)
    text: str = Tree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _lay_out(figure: Figure) -> None:
    """Once: left to itself, matplotlib draws everything a first time, to no avail, when there is a layout to find."""
    engine = figure.get_layout_engine()
    if engine is not None:
        FigureCanvasSVG(figure)  # its widths of words are the ones that count
        engine.execute(figure)
        figure.set_layout_engine(None)


def compose(panels: Sequence[tuple[str, str]], caption: str, across: int) -> str:
    """One document of titled drawings, so many beside each other, with the caption below, on white."""
    root = Tree.Element(f"{{{SVG}}}svg", {"font-family": "sans-serif", "text-anchor": "middle"})
    Tree.SubElement(root, f"{{{SVG}}}rect", {"width": "100%", "height": "100%", "fill": "#ffffff"})
    x = y = wide = high = 0.0
    for index, (title, drawing) in enumerate(panels):
        panel = Tree.fromstring(drawing)
        width, height = (float(side) for side in panel.attrib["viewBox"].split()[2:])
        if index % across == 0:
            x, y, high = 0.0, y + high, 0.0
        for node in panel.iter():
            _prefix(node, f"panel-{index}-")
        panel.attrib |= {"x": f"{x:g}", "y": f"{y + HEAD:g}", "width": f"{width:g}", "height": f"{height:g}"}
        _text(root, title, x + width / 2, y + HEAD - 5, 10)
        root.append(panel)
        x, wide, high = x + width, max(wide, x + width), max(high, height + HEAD)
    _text(root, caption, wide / 2, y + high + HEAD - 5, min(8, 1.8 * wide / max(len(caption), 1)))
    size = f"{wide:g}", f"{y + high + HEAD + 3:g}"
    root.attrib |= {"width": f"{size[0]}pt", "height": f"{size[1]}pt", "viewBox": f"0 0 {' '.join(size)}"}
    return f'<?xml version="1.0" encoding="utf-8"?>\n{Tree.tostring(root, encoding="unicode")}\n'


def divide(document: str) -> tuple[str, ...]:
    """The drawings that ``compose`` has put together. Raises ValueError for what is no such document."""
    try:
        root = Tree.fromstring(document)
    except Tree.ParseError as error:
        raise ValueError(f"not an SVG document: {error}") from None
    found = []
    for index, panel in enumerate(root.findall(f"{{{SVG}}}svg")):
        for name in ("x", "y"):
            panel.attrib.pop(name, None)
        text: str = Tree.tostring(panel, encoding="unicode")
        for start in ('id="', '="#', "url(#"):
            text = text.replace(f"{start}panel-{index}-", start)
        found.append(text)
    return tuple(found)


def _text(root: Tree.Element, words: str, x: float, y: float, size: float) -> None:
    place = {"x": f"{x:g}", "y": f"{y:g}", "font-size": f"{size:g}"}
    Tree.SubElement(root, f"{{{SVG}}}text", place).text = words


def inline(document: str, prefix: str, name: str) -> str:
    """The drawing as an element of a page: ids with a prefix, colours as variables, ``name`` for who cannot see it."""
    root = Tree.fromstring(document)
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    for node in root.iter():
        _prefix(node, prefix)
        if "style" in node.attrib:
            node.set("style", _variables(node.attrib["style"]))
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.set("role", "img")
    root.set("aria-label", name)
    root.set("fill", "currentColor")
    return Tree.tostring(root, encoding="unicode")


def _titles(root: Tree.Element) -> None:
    for group in root.iter(f"{{{SVG}}}g"):
        if not group.get("id", "").startswith(TIP):
            continue
        texts = group.attrib.pop("id").removeprefix(TIP).split(STOP)
        marks = list(group.iter(f"{{{SVG}}}use"))
        if len(marks) != len(texts):
            marks = [group] if len(texts) == 1 else []
        for mark, text in zip(marks, texts, strict=False):
            title = Tree.Element(f"{{{SVG}}}title")
            title.text = text
            mark.insert(0, title)
            mark.set("class", "tip")


def _prefix(node: Tree.Element, prefix: str) -> None:
    if "id" in node.attrib:
        node.set("id", prefix + node.attrib["id"])
    target = node.attrib.pop(f"{{{XLINK}}}href", None) or node.attrib.pop("href", None)
    if target is not None:
        node.set("href", f"#{prefix}{target[1:]}" if target.startswith("#") else target)
    for name, value in node.attrib.items():
        if "url(#" in value:
            node.set(name, value.replace("url(#", f"url(#{prefix}"))


def _variables(style: str) -> str:
    """``fill: #0072b2`` becomes ``fill: var(--x-0072b2, #0072b2)``: the page's style sheet may change it."""
    return re.sub(r"#([0-9a-f]{6})\b", r"var(--x-\1, #\1)", style)
