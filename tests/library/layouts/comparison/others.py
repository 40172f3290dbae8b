"""Other makers' models at toy size that no row of `shapes.py` makes."""

from collections.abc import Callable
from pathlib import Path

OTHERS: dict[str, Callable[[Path], None]] = {}
