"""Bounds and factors of numbers, as far as llguidance can hold them: it reads them as doubles and 64-bit integers."""

import math
from collections.abc import Mapping
from typing import Any

BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
FARTHEST_INTEGER = 2**63
FARTHEST_NUMBER = 2**53
SMALLEST_STEP = 10**-9
LARGEST_FACTOR = 10**9
MOST_REMAINDERS = 1000


def number_keywords(schema: Mapping[str, Any], *, whole: bool) -> tuple[dict[str, Any], list[str]]:
    """What the grammar holds of the keywords about numbers, and those that it holds in part or not at all."""
    held: dict[str, Any] = {}
    unheld = []
    for word in BOUNDS:
        if word not in schema:
            continue
        bound = whole_bound(word, schema[word]) if whole else fractional_bound(schema[word])
        if bound is None:
            unheld.append(word)
        elif isinstance(bound, dict):
            for name, value in bound.items():
                held[name] = (max if name == "minimum" else min)(value, held.get(name, value))
        else:
            held[word] = bound
    factor = schema.get("multipleOf")
    if factor is not None:
        if countable(factor):
            held["multipleOf"] = factor
        else:
            unheld.append("multipleOf")
    return held, unheld


def whole_bound(word: str, bound: float) -> dict[str, int] | None:
    """A bound of integers as one that is included and exact as a double; None where it is too far away."""
    low = word.endswith("inimum")
    if not abs(bound) < FARTHEST_INTEGER:
        return None
    if word.startswith("exclusive"):
        whole = math.floor(bound) + 1 if low else math.ceil(bound) - 1
    else:
        whole = math.ceil(bound) if low else math.floor(bound)
    while int(float(whole)) != whole:
        whole += 1 if low else -1
    return {"minimum" if low else "maximum": whole}


def fractional_bound(bound: float) -> float | None:
    """A bound of numbers, where it is near enough."""
    return bound if abs(bound) < FARTHEST_NUMBER else None


def countable(factor: float) -> bool:
    """Whether a factor has so few digits that an automaton of its remainders is small."""
    digits = f"{factor:.15f}" if isinstance(factor, float) else f"{factor}.0"
    whole = int(digits.replace(".", "").rstrip("0") or 0)
    return SMALLEST_STEP <= factor < LARGEST_FACTOR and whole < MOST_REMAINDERS
