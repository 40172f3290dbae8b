"""Numbers between bounds, as GBNF over their digits."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from puna.engines.llama.grammar.gbnf import choice

MOST_DIGITS = 15
"""Digits of an integer, and of a fraction: what a double holds for certain."""
ANY_DIGITS = f"[0-9]{{0,{MOST_DIGITS}}}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `low` to `high`; None means without end. An exclusive bound is not part of the range."""

    low: Decimal | None = None
    high: Decimal | None = None
    low_exclusive: bool = False
    high_exclusive: bool = False

    @property
    def empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_exclusive or self.high_exclusive))

    def mirrored(self) -> "Bounds":
        """The range of the negated numbers."""
        return Bounds(negated(self.high), negated(self.low), self.high_exclusive, self.low_exclusive)

    def positive(self) -> "Bounds | None":
        """What of the range is 0 or more."""
        zero = Decimal(0)
        bounds = (
            self if self.low is not None and self.low >= 0 else Bounds(zero, self.high, False, self.high_exclusive)
        )
        return None if bounds.empty else bounds


def negated(value: Decimal | None) -> Decimal | None:
    return None if value is None else -value


def integers(bounds: Bounds) -> str | None:
    """The integers of the range; None where there are none."""
    low, high = integer_bounds(bounds)
    if low is not None and high is not None and low > high:
        return None
    alternatives = []
    if low is None or low < 0:
        smallest = max(1, -high) if high is not None else 1
        alternatives.append(f'"-" {natural(smallest, None if low is None else -low)}')
    if high is None or high >= 0:
        alternatives.append(natural(max(0, low or 0), high))
    return choice(alternatives)


def integer_bounds(bounds: Bounds) -> tuple[int | None, int | None]:
    """The smallest and the largest integer of the range."""
    low = high = None
    if bounds.low is not None:
        low = int(bounds.low.to_integral_value(ROUND_CEILING))
        low += bounds.low_exclusive and low == bounds.low
    if bounds.high is not None:
        high = int(bounds.high.to_integral_value(ROUND_FLOOR))
        high -= bounds.high_exclusive and high == bounds.high
    return low, high


def natural(low: int, high: int | None) -> str:
    """The integers from `low`, which is 0 or more, to `high`."""
    largest = high if high is not None else 10 ** max(MOST_DIGITS, len(str(low))) - 1
    alternatives = []
    for size in range(len(str(low)), len(str(largest)) + 1):
        smallest_of_size = 0 if size == 1 else 10 ** (size - 1)
        first, last = max(low, smallest_of_size), min(largest, 10**size - 1)
        alternatives.append(between(str(first), str(last)))
    return choice(alternatives)


def between(low: str, high: str) -> str:
    """The digit strings between two of the same length."""
    if not low:
        return ""
    if low[0] == high[0]:
        return f"[{low[0]}] {between(low[1:], high[1:])}".strip()
    rest = len(low) - 1
    first, last = int(low[0]), int(high[0])
    alternatives = []
    if low[1:].strip("0"):
        alternatives.append(f"[{first}] {between(low[1:], '9' * rest)}")
        first += 1
    if high[1:].strip("9"):
        alternatives.append(f"[{last}] {between('0' * rest, high[1:])}")
        last -= 1
    if first <= last:
        alternatives.append(f"[{first}-{last}]" + (f" [0-9]{{{rest}}}" if rest else ""))
    return choice(alternatives)


def decimals(bounds: Bounds) -> str | None:
    """The numbers of the range, written without an exponent; None where there are none."""
    if bounds.empty:
        return None
    alternatives = []
    if (bounds.low is None or bounds.low < 0) and (negative := bounds.mirrored().positive()):
        alternatives.append(f'"-" {positive_decimals(negative)}')
    if bounds.high is None or bounds.high >= 0:
        positive = bounds.positive()
        alternatives += [positive_decimals(positive)] if positive else []
    return choice(alternatives)


def positive_decimals(bounds: Bounds) -> str:
    """The numbers of a range that begins at 0 or above."""
    low, low_fraction = digits(bounds.low or Decimal(0))
    above = at_least(low_fraction, exclusive=bounds.low_exclusive)
    if bounds.high is None:
        return choice([f"{natural(low, low)} {above}", f"{natural(low + 1, None)} {at_least('')}"])
    high, high_fraction = digits(bounds.high)
    below = at_most(high_fraction, exclusive=bounds.high_exclusive)
    if low == high:
        return f"{natural(low, low)} {within(low_fraction, high_fraction, bounds)}"
    alternatives = [f"{natural(low, low)} {above}"]
    if low + 1 <= high - 1:
        alternatives.append(f"{natural(low + 1, high - 1)} {at_least('')}")
    if below is not None:
        alternatives.append(f"{natural(high, high)} {below}")
    return choice(alternatives)


def digits(value: Decimal) -> tuple[int, str]:
    """The integer part, and the digits of the fraction without the zeros at their end."""
    whole, _, fraction = format(value, "f").partition(".")
    return int(whole), fraction.rstrip("0")


def at_least(fraction: str, *, exclusive: bool = False) -> str:
    """Fractions from that one on, their point included."""
    if not fraction and not exclusive:
        return f'("." [0-9] {ANY_DIGITS})?'
    return f'"." {not_below(fraction, exclusive=exclusive)}'


def not_below(fraction: str, *, exclusive: bool) -> str:
    if not fraction:
        return f'"0"* [1-9] {ANY_DIGITS}' if exclusive else ANY_DIGITS
    digit = int(fraction[0])
    alternatives = [f"[{digit}] {not_below(fraction[1:], exclusive=exclusive)}"]
    if digit < 9:
        alternatives.append(f"[{digit + 1}-9] {ANY_DIGITS}")
    return choice(alternatives)


def at_most(fraction: str, *, exclusive: bool) -> str | None:
    """Fractions up to that one, their point included; None where there are none."""
    if not fraction:
        return None if exclusive else '("." "0"{1,15})?'
    return f'("." {not_above(fraction, exclusive=exclusive)})?'


def not_above(fraction: str, *, exclusive: bool) -> str:
    digit, rest = int(fraction[0]), fraction[1:]
    if rest:
        same = f"[{digit}] ({not_above(rest, exclusive=exclusive)})?"
    else:
        same = "" if exclusive else f'[{digit}] "0"{{0,15}}'
    alternatives = [same] if same else []
    if digit > 0:
        alternatives.append(f"[0-{digit - 1}] {ANY_DIGITS}")
    return choice(alternatives)


def within(low: str, high: str, bounds: Bounds) -> str:
    """Fractions between two."""
    size = max(len(low), len(high), 1)
    first, last = int(low.ljust(size, "0")), int(high.ljust(size, "0"))
    alternatives = []
    if not bounds.low_exclusive:
        alternatives.append(written(low))
    if not bounds.high_exclusive and high != low:
        alternatives.append(written(high))
    if last - first >= 1:
        # Between two neighbours of this length only more digits fit.
        inner = between(str(first).zfill(size), str(last - 1).zfill(size))
        alternatives.append(f'"." {inner} "0"{{0,2}} [1-9] [0-9]{{0,10}}')
    if last - first >= 2:
        alternatives.append(f'"." {between(str(first + 1).zfill(size), str(last - 1).zfill(size))}')
    return choice(alternatives)


def written(fraction: str) -> str:
    """A fraction as it stands, with its point where there is one."""
    return f'"." {" ".join(f"[{digit}]" for digit in fraction)}' if fraction else '("." "0")?'
