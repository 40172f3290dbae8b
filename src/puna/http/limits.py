"""How much a body may have in it. What has more is refused by the name of the limit, before it is used."""

import re
from dataclasses import dataclass
from typing import Any

from puna.core.errors import RequestTooLarge, TextTooLarge, TooMany
from puna.http.location import Location, dotted

MARKS = (b",", b"[", b"{")
"""A document has at least one of these for each of its values but one."""
WINDOW = 2**22
"""How many bytes are looked through at a time, so that other threads come to work between."""
TOKENS = re.compile(rb'"[^"\\]*+(?:\\.?[^"\\]*+)*+"?|[,\[{]', re.DOTALL)
"""A string, which may lack its end, or a mark."""
MEDIA = re.compile(r"data:|[A-Za-z0-9+/=_\r\n-]{1024}")
"""How a picture or sound in base64 begins: as no text does, with a thousand characters and no full stop."""
PARTS = frozenset({"content", "images", "output"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that a body may have; None means any number.

    `request` and `text` are bytes, of everything and of what is neither picture nor sound. `values` are all strings,
    numbers, lists and objects of a document, `properties` those of one object. `messages` counts those of a
    conversation, `parts` those of a message, `inputs` texts and lists of tokens.
    """

    request: int | None = 256 * 1024**2
    text: int | None = 16 * 1024**2
    values: int | None = 300_000
    properties: int | None = 5_000
    messages: int | None = 2_048
    parts: int | None = 2_048
    inputs: int | None = 2_048
    tools: int | None = 128

    def check_size(self, size: int, *, media: bool) -> None:
        """Look at how large a body is, or the part of it that has come. Raises RequestTooLarge and TextTooLarge."""
        if self.request is not None and size > self.request:
            raise RequestTooLarge(self.request)
        if self.text is not None and not media and size > self.text:
            raise TextTooLarge(self.text)

    def check_count(self, content: bytes) -> None:
        """Look at a document that nobody has read yet. Raises TooMany where it has too many values."""
        most = self.values
        if most is None or len(content) <= most or at_most(content) <= most:
            return
        count = 0
        for token in TOKENS.finditer(content):
            count += content[token.start()] != 0x22
            if count >= most:
                message = f"The body of the request has more than {most} values."
                raise TooMany(message, "values", code="too_many_values")

    def check(self, document: Any, size: int) -> None:
        """Look at a document that was read from so many bytes.

        Raises:
            TooMany: something in it has too many elements; `param` names it.
            TextTooLarge: it has too much text.
        """
        media = 0
        waiting: list[tuple[Location, Any]] = [((), document)] if isinstance(document, dict | list) else []
        while waiting:
            steps, value = waiting.pop()
            self._check_length(steps, value)
            for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
                if isinstance(inner, dict | list):
                    waiting.append(((*steps, step), inner))
                elif isinstance(inner, str) and MEDIA.match(inner):
                    media += len(inner)
        if self.text is not None and size - media > self.text:
            raise TextTooLarge(self.text)

    def _check_length(self, steps: Location, value: list[Any] | dict[str, Any]) -> None:
        name = kind_of(steps, value)
        most: int | None = getattr(self, name) if name else None
        if most is None or len(value) <= most:
            return
        param = dotted(steps)
        if isinstance(value, dict):
            words, wanted, code = "too many properties", "at most", "object_above_max_properties"
        else:
            words, wanted, code = "array too long", "a length of at most", "array_above_max_length"
        message = f"Invalid '{param or 'body'}': {words}. Expected {wanted} {most}, but got {len(value)} instead."
        raise TooMany(message, name, param=param or None, code=code)


def at_most(content: bytes) -> int:
    """A number of values that a document does not have more of: what stands in its texts is counted, too."""
    starts = range(0, len(content), WINDOW)
    return 1 + sum(content.count(mark, start, start + WINDOW) for start in starts for mark in MARKS)


def kind_of(steps: Location, value: list[Any] | dict[str, Any]) -> str:
    """What a list or object is one of, in the names of the limits; nothing where it is no such."""
    if isinstance(value, dict):
        return "properties"
    match steps:
        case ("messages" | "items",):
            return "messages"
        case ("tools" | "functions",):
            return "tools"
        case ("input" | "prompt",) if value and not isinstance(value[0], int):  # whole numbers are one list of tokens
            return "messages" if isinstance(value[0], dict) else "inputs"
        case ("messages" | "items" | "input", int(), str(name)) if name in PARTS:
            return "parts"
        case ("images",):
            return "parts"
        case _:
            return ""
