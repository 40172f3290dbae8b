"""Regular expressions (ECMA-262, as JSON Schema's `pattern` has them) as GBNF over a JSON string's inside."""

from puna.engines.llama.grammar.gbnf import Grammar, Ranges, characters, choice, literal

LAST = 0x10FFFF
SHORT_ESCAPES = {0x08: "b", 0x09: "t", 0x0A: "n", 0x0C: "f", 0x0D: "r", 0x22: '"', 0x5C: "\\"}
DIGIT: Ranges = [(0x30, 0x39)]
WORD: Ranges = [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
SPACE: Ranges = [(0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x2028, 0x2029), (0xFEFF, 0xFEFF)]
LINE_ENDS: Ranges = [(0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)]
CLASSES = {"d": DIGIT, "w": WORD, "s": SPACE}
CONTROLS = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D, "0": 0x00}


class UnsupportedPattern(ValueError):
    """The expression is not one, or has what a grammar can't do."""


def compile_pattern(grammar: Grammar, pattern: str) -> str:
    """The inside of a JSON string that the pattern matches. Where it is not anchored, anything may stand beside.

    Raises:
        UnsupportedPattern: saying what of it.
    """
    return PatternParser(grammar, pattern).parse()


class PatternParser:
    """A recursive descent over the pattern."""

    def __init__(self, grammar: Grammar, pattern: str) -> None:
        self._grammar = grammar
        self._pattern = pattern
        self._position = 0

    def parse(self) -> str:
        anything = f"{self._grammar.add('any-character', json_characters(complement([])))}*"
        alternatives = []
        while True:
            start = "" if self._take("^") else anything
            inside = self._sequence()
            end = "" if self._take("$") else anything
            alternatives.append(f"{start} {inside} {end}".strip() or '""')
            if not self._take("|"):
                break
        if self._position < len(self._pattern):
            raise UnsupportedPattern(f"{self._peek()!r} at {self._position} is out of place")
        return choice(alternatives)

    def _sequence(self) -> str:
        items = []
        while self._peek() and self._peek() not in "|)$":
            items.append(self._quantified(self._atom()))
        return " ".join(items) or '""'

    def _alternatives(self) -> str:
        alternatives = [self._sequence()]
        while self._take("|"):
            alternatives.append(self._sequence())
        return choice(alternatives)

    def _quantified(self, atom: str) -> str:
        quantifier = self._quantifier()
        if quantifier is None:
            return atom
        low, high = quantifier
        self._take("?")  # lazy: what it matches in all is the same
        if high is not None and high < low:
            raise UnsupportedPattern("a quantifier's numbers are out of order")
        return self._grammar.repeat(self._grammar.add("pattern", atom), low, high) or '""'

    def _quantifier(self) -> tuple[int, int | None] | None:
        for sign, bounds in {"*": (0, None), "+": (1, None), "?": (0, 1)}.items():
            if self._take(sign):
                return bounds
        return self._counts() if self._take("{") else None

    def _counts(self) -> tuple[int, int | None]:
        end = self._pattern.find("}", self._position)
        low, comma, high = self._pattern[self._position : end].partition(",")
        if end < 0 or not low.isdecimal() or (high and not high.isdecimal()):
            raise UnsupportedPattern("braces that are no quantifier")
        self._position = end + 1
        return int(low), int(high) if high else None if comma else int(low)

    def _atom(self) -> str:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return json_characters(self._class())
        if character == ".":
            return json_characters(complement(LINE_ENDS))
        if character == "\\":
            return json_characters(self._escape())
        if character in "*+?{^":
            raise UnsupportedPattern(f"{character!r} at {self._position - 1} is out of place")
        return json_characters([(ord(character), ord(character))])

    def _group(self) -> str:
        if self._take("?") and not self._take(":"):
            self._take("P")
            if not self._take("<") or self._peek() in ("=", "!"):
                raise UnsupportedPattern("looking ahead or behind")
            self._position = self._pattern.find(">", self._position) + 1
        inside = self._alternatives()
        if not self._take(")"):
            raise UnsupportedPattern("a bracket that is not closed, or an anchor inside of brackets")
        return inside

    def _class(self) -> Ranges:
        negated = self._take("^")
        ranges: Ranges = []
        while not self._take("]"):
            item = self._class_item()
            if self._peek() == "-" and self._pattern[self._position + 1 : self._position + 2] not in ("]", ""):
                self._next()
                item = [(item[0][0], self._class_item()[-1][1])]
                if item[0][0] > item[0][1]:
                    raise UnsupportedPattern("a range that is out of order")
            ranges += item
        return complement(ranges) if negated else ranges

    def _class_item(self) -> Ranges:
        character = self._next()
        if character == "\\":
            if self._take("b"):
                return [(0x08, 0x08)]
            return self._escape()
        return [(ord(character), ord(character))]

    def _escape(self) -> Ranges:
        character = self._next()
        if character.lower() in CLASSES:
            ranges = CLASSES[character.lower()]
            return ranges if character.islower() else complement(ranges)
        if character in CONTROLS:
            return [(CONTROLS[character], CONTROLS[character])]
        if character in "xu":
            code = self._code(2 if character == "x" else 4)
            return [(code, code)]
        if character.isalnum():
            raise UnsupportedPattern(f"\\{character}")
        return [(ord(character), ord(character))]

    def _code(self, size: int) -> int:
        if self._take("{"):
            size = self._pattern.find("}", self._position) - self._position
        text = self._pattern[self._position : self._position + max(size, 0)]
        self._position += len(text)
        self._take("}")
        try:
            return int(text, 16)
        except ValueError:
            raise UnsupportedPattern("a code that is not hexadecimal") from None

    def _peek(self) -> str:
        return self._pattern[self._position : self._position + 1]

    def _next(self) -> str:
        if not self._peek():
            raise UnsupportedPattern("it ends too early")
        self._position += 1
        return self._pattern[self._position - 1]

    def _take(self, sign: str) -> bool:
        taken = self._peek() == sign
        self._position += taken
        return taken


def complement(ranges: Ranges) -> Ranges:
    """All characters but these."""
    result, begin = [], 0
    for low, high in sorted(ranges):
        if low > begin:
            result.append((begin, low - 1))
        begin = max(begin, high + 1)
    return [*result, (begin, LAST)] if begin <= LAST else result


def intersection(left: Ranges, right: Ranges) -> Ranges:
    pairs = ((max(a, c), min(b, d)) for a, b in left for c, d in right)
    return [(low, high) for low, high in pairs if low <= high]


PLAIN = complement([(0x00, 0x1F), (0x22, 0x22), (0x5C, 0x5C), (0xD800, 0xDFFF)])
"""What stands in a JSON string as it is."""


def json_characters(ranges: Ranges) -> str:
    """One character of the set, as it is written in a JSON string."""
    plain = intersection(ranges, PLAIN)
    alternatives = [characters(plain)] if plain else []
    for code, letter in SHORT_ESCAPES.items():
        if any(low <= code <= high for low, high in ranges):
            alternatives.append(literal("\\" + letter))
    if not alternatives:
        controls = [code for low, high in ranges for code in range(low, min(high, 0x1F) + 1)]
        alternatives = [literal(f"\\u{code:04x}") for code in controls]
    if not alternatives:
        raise UnsupportedPattern("a set without characters")
    return choice(alternatives)
