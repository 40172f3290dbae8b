"""Reads GBNF as llama.cpp does and says whether a text fits: tests of grammars that need no engine."""

import re
from collections.abc import Callable, Iterator
from random import Random

Matcher = Callable[[int], Iterator[int]]
TOKEN = re.compile(r'\s*("(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|[a-zA-Z0-9-]+|[()|*+?])')
ESCAPE = re.compile(r"\\(x[0-9A-F]{2}|u[0-9A-F]{4}|U[0-9A-F]{8}|.)", re.DOTALL)
LETTERS = {"n": "\n", "r": "\r", "t": "\t"}


def accepts(grammar: str, text: str, root: str = "root") -> bool:
    """Whether the whole text fits the rule `root`."""
    return Recognizer(grammar, text).accepts(root)


class Recognizer:
    """Matches one text with one grammar, every place of a rule only once."""

    def __init__(self, grammar: str, text: str) -> None:
        self._text = text
        lines = (line.partition(" ::= ") for line in grammar.splitlines())
        self._rules = {name: TOKEN.findall(body) for name, _, body in lines}
        self._ends: dict[tuple[str, int], set[int]] = {}

    def accepts(self, root: str) -> bool:
        return len(self._text) in self._rule(root, 0)

    def _rule(self, name: str, start: int) -> set[int]:
        if (name, start) not in self._ends:
            self._ends[name, start] = set()
            self._ends[name, start] = self._alternatives(list(self._rules[name]), {start})
        return self._ends[name, start]

    def _alternatives(self, tokens: list[str], starts: set[int]) -> set[int]:
        ends: set[int] = set()
        for sequence in split(tokens, "|"):
            ends |= self._sequence(sequence, starts)
        return ends

    def _sequence(self, tokens: list[str], places: set[int]) -> set[int]:
        while tokens:
            item, tokens = take_item(tokens)
            low, high, tokens = take_quantifier(tokens)
            places = self._repeated(item, low, high, places)
        return places

    def _repeated(self, item: list[str], low: int, high: int | None, places: set[int]) -> set[int]:
        ends = set(places) if low == 0 else set()
        count = 0
        while places and (high is None or count < high):
            places = self._item(item, places)
            count += 1
            if count >= low:
                if count > low:
                    places = places - ends
                ends |= places
        return ends

    def _item(self, item: list[str], places: set[int]) -> set[int]:
        word = item[0]
        if word == "(":
            return self._alternatives(item[1:-1], places)
        if word[0] == '"':
            text = unescape(word[1:-1])
            return {place + len(text) for place in places if self._text.startswith(text, place)}
        if word[0] == "[":
            pattern = re.compile(characters(word))
            return {place + 1 for place in places if pattern.match(self._text, place)}
        return set().union(*(self._rule(word, place) for place in places))


def split(tokens: list[str], sign: str) -> Iterator[list[str]]:
    part: list[str] = []
    depth = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token == sign and depth == 0:
            yield part
            part = []
        else:
            part.append(token)
    yield part


def take_item(tokens: list[str]) -> tuple[list[str], list[str]]:
    if tokens[0] != "(":
        return tokens[:1], tokens[1:]
    depth = 0
    for place, token in enumerate(tokens):
        depth += (token == "(") - (token == ")")
        if depth == 0:
            return tokens[: place + 1], tokens[place + 1 :]
    raise ValueError("a bracket is not closed")


def take_quantifier(tokens: list[str]) -> tuple[int, int | None, list[str]]:
    bounds: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    if not tokens or (tokens[0] not in bounds and tokens[0][0] != "{"):
        return 1, 1, tokens
    if tokens[0] in bounds:
        return *bounds[tokens[0]], tokens[1:]
    low, comma, high = tokens[0][1:-1].partition(",")
    assert int(high or low) <= 2000, "llama.cpp would drop the number"
    return int(low), int(high) if high else None if comma else int(low), tokens[1:]


def unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if len(code) > 1 else LETTERS.get(code, code)

    return ESCAPE.sub(character, text)


def characters(word: str) -> str:
    """The set as Python's `re` writes it."""

    def escaped(match: re.Match[str]) -> str:
        return re.escape(unescape(match[0]))

    inner = word[1:-1]
    negated = "^" if inner.startswith("^") else ""
    body = re.sub(r"\\(?:x[0-9A-F]{2}|u[0-9A-F]{4}|U[0-9A-F]{8}|.)|\[", escaped, inner.removeprefix("^"))
    return f"[{negated}{body}]"


class TooLong(Exception):
    """A text that was begun at random does not come to an end soon."""


def sample(grammar: str, root: str, random: Random, *, steps: int = 4000) -> str:
    """A text that fits the rule, written at random. Raises TooLong."""
    return Sampler(grammar, random, steps).write(root)


class Sampler:
    """Writes a text by choosing everywhere at random; the deeper it is, the less often it repeats."""

    def __init__(self, grammar: str, random: Random, steps: int) -> None:
        lines = (line.partition(" ::= ") for line in grammar.splitlines())
        self._rules = {name: list(split(TOKEN.findall(body), "|")) for name, _, body in lines}
        self._random = random
        self._steps = steps

    def write(self, root: str) -> str:
        text: list[str] = []
        waiting: list[list[str]] = [[root]]
        while waiting:
            tokens = waiting.pop()
            if not tokens:
                continue
            self._steps -= 1
            if self._steps < 0:
                raise TooLong
            item, rest = take_item(tokens)
            low, high, rest = take_quantifier(rest)
            waiting.append(rest)
            count = low
            while (high is None or count < high) and self._random.random() < 0.5:
                count += 1
            waiting += [[*item, "{1}"]] * (count - 1 if count else 0)
            if count:
                self._write_item(item, text, waiting)
        return "".join(text)

    def _write_item(self, item: list[str], text: list[str], waiting: list[list[str]]) -> None:
        word = item[0]
        if word == "(":
            waiting.append(self._random.choice(list(split(item[1:-1], "|"))))
        elif word[0] == '"':
            text.append(unescape(word[1:-1]))
        elif word[0] == "[":
            pattern = re.compile(characters(word))
            likely = [c for c in map(chr, (*range(0x20, 0x7F), 0xE9, 0x4E2D, 0x1F600)) if pattern.match(c)]
            text.append(self._random.choice(likely))
        else:
            waiting.append(self._random.choice(self._rules[word]))
