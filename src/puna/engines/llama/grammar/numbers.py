"""Bounds and factors of numbers, as far as llguidance can hold them: it reads them as doubles and 64-bit integers."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
FARTHEST_INTEGER = 2**63
LAST_INTEGER = 2**63 - 1024
"""The largest integer below it that is exact as a double."""
FARTHEST_NUMBER = 2**53
SMALLEST_STEP = 10**-9
LARGEST_FACTOR = 10**9
MOST_REMAINDERS = 1000
LARGEST = 10**300
EXAMPLES = 64
"""How many numbers stand for all beyond a bound that is too far away to be held."""


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


def far_examples(schema: Mapping[str, Any], *, whole: bool) -> list[int]:
    """Whole numbers beyond a bound that is so far away that a grammar can't reach it; none where no bound is."""
    far = FARTHEST_INTEGER if whole else FARTHEST_NUMBER
    low, high = (farthest(schema, side) for side in ("inimum", "aximum"))
    if low is not None and low >= far:
        return spread(low, 10 * low if high is None else high, schema.get("multipleOf"))
    if high is not None and high <= -far:
        return [-number for number in spread(-high, -10 * high if low is None else -low, schema.get("multipleOf"))]
    return []


def farthest(schema: Mapping[str, Any], side: str) -> int | None:
    """The first whole number that both lower bounds, or both upper ones, let through, or the one before it."""
    bounds = [schema[word] for word in (f"m{side}", f"exclusiveM{side}") if word in schema]
    if not bounds or any(isinstance(bound, float) and not math.isfinite(bound) for bound in bounds):
        return None
    whole: list[int] = [math.floor(bound) if side == "inimum" else math.ceil(bound) for bound in bounds]
    return max(whole) if side == "inimum" else min(whole)


def spread(low: int, high: int, factor: float | None) -> list[int]:
    """Numbers from one to the other of that factor, where it is whole, with as few digits before the zeros as there
    are such."""
    step = factor if isinstance(factor, int) else 1
    unit = step
    while (high - low) // (10 * unit) >= EXAMPLES:
        unit *= 10
    first = -(-low // unit) * unit
    apart = max(1, (high - first) // unit // EXAMPLES) * unit
    return [*range(-(-low // step) * step, low + 2 * step, step), *range(first, high + 1, apart)]


def exact(value: Any) -> bool:
    """Whether llguidance writes a constant as it is: it reads numbers as doubles."""
    if isinstance(value, dict):
        return all(map(exact, value.values()))
    if isinstance(value, list):
        return all(map(exact, value))
    if not isinstance(value, int) or abs(value) <= FARTHEST_NUMBER:
        return True
    if abs(value) < FARTHEST_INTEGER:
        return abs(value) <= LAST_INTEGER and int(float(value)) == value
    return abs(value) < LARGEST and Decimal(repr(float(value))) == value


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
