"""Plain tables, as Ollama prints them: columns side by side, no lines, so that other programs can read them."""

from collections.abc import Sequence

GAP = "    "


def render_table(rows: Sequence[Sequence[str]], *, indent: str = "") -> str:
    """The rows, each column as wide as its widest cell. A row may be shorter than others."""
    count = max((len(row) for row in rows), default=0)
    widths = [max(len(row[place]) for row in rows if place < len(row)) for place in range(count)]
    lines = (GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) for row in rows)
    return "\n".join((indent + line).rstrip() for line in lines)
