"""Plain tables, as Ollama prints them: columns side by side, no lines, so that other programs can read them."""

from collections.abc import Sequence
from itertools import zip_longest

GAP = "    "


def render_table(rows: Sequence[Sequence[str]], *, indent: str = "") -> str:
    """The rows, each column as wide as its widest cell. A row may be shorter than others."""
    columns = (padded(column) for column in zip_longest(*rows, fillvalue=""))
    return "\n".join((indent + GAP.join(row)).rstrip() for row in zip(*columns, strict=True))


def padded(column: Sequence[str]) -> list[str]:
    """The cells, all as wide as the widest."""
    width = max(map(len, column))
    return [cell.ljust(width) for cell in column]
