"""The text a custom tool is called with, read out of the call's arguments while they come.

To the model a custom tool is a function of one argument: `{"input": "…"}`.
"""

import re

import orjson

OPENING = '{"input":"'
GAPS = frozenset({0, 1, 8, 9})
"""Before which places of the opening there may be white space."""
WHOLE = re.compile(r'(?:[^"\\]+|\\(?:[^u]|u(?![0-9a-fA-F]{0,3}\Z)))*', re.DOTALL)
"""The inside of a JSON string up to its end, or up to an escape that is not complete."""
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
CHARACTERS = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
SURROGATE = re.compile("[\ud800-\udfff]")


def text_of(arguments: str) -> str:
    """The text in arguments that are all there."""
    argument = TextArgument()
    return argument.feed(arguments) + argument.close()


class TextArgument:
    """The text of one call. What was given out is not kept, and no argument is read twice."""

    def __init__(self) -> None:
        self._opened = 0
        self._otherwise = False
        self._kept: list[str] = []
        self._inside = StringInside()

    def feed(self, arguments: str) -> str:
        """What the next piece of the arguments adds to the text."""
        if self._opened == len(OPENING):
            return self._inside.feed(arguments)
        self._kept.append(arguments)
        if self._otherwise:
            return ""
        for place, sign in enumerate(arguments, 1):
            if sign == OPENING[self._opened]:
                self._opened += 1
                if self._opened == len(OPENING):
                    self._kept.clear()
                    return self._inside.feed(arguments[place:])
            elif self._opened not in GAPS or not sign.isspace():
                self._otherwise = True
                break
        return ""

    def close(self) -> str:
        """The rest of the text, after the last piece: all of it, where the arguments have another form."""
        if self._opened == len(OPENING):
            return self._inside.close()
        return other_text("".join(self._kept)) if self._otherwise else ""


class StringInside:
    """Decodes a JSON string that comes in pieces, from behind its first quotation mark to the one that ends it. An
    escape that JSON does not know stands for itself, half a surrogate pair for U+FFFD."""

    def __init__(self) -> None:
        self._rest = ""
        self._high = ""
        self._ended = False

    def feed(self, piece: str) -> str:
        """The characters that are complete with this piece."""
        if self._ended:
            return ""
        piece = self._rest + piece
        whole = WHOLE.match(piece)
        assert whole is not None
        self._rest = piece[whole.end() :]
        self._ended = self._rest.startswith('"')
        text = self._high + ESCAPE.sub(character, whole[0])
        self._high = text[-1] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return paired(text[: -len(self._high)] if self._high else text)

    def close(self) -> str:
        """What is left at the end; an escape that was cut off is no character."""
        return paired(self._high)


def character(escape: re.Match[str]) -> str:
    code, sign = escape.groups()
    return chr(int(code, 16)) if code else CHARACTERS.get(sign, escape[0])


def paired(text: str) -> str:
    """The text with surrogate pairs made characters."""
    if not SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def other_text(arguments: str) -> str:
    """The text in arguments that are not written as the grammar would have it; where they are no object with an
    `input`, what the model wrote is the text."""
    try:
        text = orjson.loads(arguments)["input"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return arguments
    return text if isinstance(text, str) else arguments
