"""What a manifest tells of a problem that is not built in, as plain data; nothing of it is ever run."""

from typing import Annotated, Any

from pydantic import Field

from mtam.base.spec import LARGEST, Number, Shape

Plain = Annotated[str, Field(pattern=r"^[^\x00-\x1f]*$", max_length=4000)]
Headings = dict[Plain, Plain]
Positive = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]


class CellCard(Shape):
    """What theory says of one cell."""

    law: dict[str, Any]
    facts: dict[Plain, Number | bool | Plain | None] = Field(default_factory=dict)
    sizes: list[int] = Field(min_length=1)
    reference: list[Positive] | None = None  # on these sizes
    lower: list[Positive] | None = None


class Card(Shape):
    """A problem as its manifest has it: enough for curves, slopes, intervals and claims, not for tables of its own."""

    file: Plain
    code: Annotated[str, Field(pattern=r"^[0-9a-f]{20}$")]
    size: Plain = "n"
    title: Plain = ""
    parts: Headings = Field(default_factory=dict)
    levels: Headings = Field(default_factory=dict)
    ratios: Headings = Field(default_factory=dict)
    claims: list[dict[str, Any]] = Field(default_factory=list)
    defaults: dict[str, Any] = Field(default_factory=dict)  # by dotted key; "axis KEY" for the axes
    own_tables: bool = False  # whether its code has tables or answers of its own
    cells: list[CellCard] = Field(min_length=1)
