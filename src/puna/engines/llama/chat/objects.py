"""JSON objects in text that comes in pieces."""

import re

STRUCTURE = re.compile(r'["\\{}]')


class ObjectEnd:
    """Finds where a JSON object ends that comes in pieces."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def find(self, text: str) -> int | None:
        """The place behind the object's last brace, if it is in this piece."""
        position = 0
        if self._escaped:
            position, self._escaped = 1, False
        while match := STRUCTURE.search(text, position):
            position = match.end()
            sign = match[0]
            if sign == "\\":
                self._escaped = position == len(text)
                position += 1
            elif sign == '"':
                self._in_string = not self._in_string
            elif not self._in_string:
                self._depth += 1 if sign == "{" else -1
                if self._depth == 0:
                    return position
        return None
