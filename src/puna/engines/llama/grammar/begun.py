"""Answers in which calls are the model's choice: it says what it likes, but a call that it has begun fits its tool.

A call has unmistakably begun where the marks of its form, the name of an offered tool and the key of the arguments
have been said. Free text is everything that has no such beginning in it, the model's special tokens included.
"""

import re
from collections.abc import Sequence

from puna.core.tools import Tool
from puna.engines.llama.grammar.lark import ANYTHING, Answer, escaped
from puna.engines.llama.markup import ID, CallShape

MARK = re.compile(r"\s*(?:<|\[[A-Z_]+\])")
ANY = "(?s:.*)"
SPACE = "/[ \\n]{0,2}/"


class BegunCalls:
    """The rules of such answers. `specials` are the numbers of the tokens that are no text."""

    def __init__(self, answer: Answer, tools: Sequence[Tool], shape: CallShape, specials: Sequence[int]) -> None:
        self._answer = answer
        self._tools = tools
        self._shape = shape
        *before, self._last = answer.pieces(shape.prefix) or [""]
        self._token = before[-1] if before else ""
        if answer.is_token(self._last):
            self._token, self._last = self._last, ""
        middle = answer.pieces(shape.middle)
        self._middle = middle.pop(0) if middle and not answer.is_token(middle[0]) else ""
        self._behind = middle
        self._specials = [f"<[{number}]>" for number in specials if f"<[{number}]>" != answer.literal(self._token)]

    @property
    def unmistakable(self) -> bool:
        """Whether the form has a mark that text does not have, and arguments that llguidance takes as they are
        written: of escapes it knows those of control characters."""
        marked = bool(self._token or MARK.match(self._shape.prefix))
        return marked and not self._shape.bare and not self._shape.escaped

    def rule(self, arguments: Sequence[str]) -> str:
        """The rule of the answer, with the rules of the tools' arguments."""
        answer = self._answer
        for number, tool in enumerate(self._tools):
            answer.rule(f"HEAD{number}", f"/{self._head(re.escape(tool.name))}/")
        behind = " ".join(filter(None, (*map(answer.literal, self._behind), SPACE)))
        calls = " | ".join(f"HEAD{number} {behind} {rule} said" for number, rule in enumerate(arguments))
        head = self._head(f"(?:{'|'.join(re.escape(tool.name) for tool in self._tools)})")
        between = flexible(self._shape.between) if self._shape.between and not self._token else ""
        answer.rule("free", self._free("FREE", ""))
        answer.rule("begun", f"{calls} | {self._free('OTHER', head, behind=True)}")
        answer.rule("said", (f"/{between}/ begun | " if between else "") + self._free("SAID", between))
        return "free"

    def _free(self, name: str, unlike: str, *, behind: bool = False) -> str:
        """How an answer may go on that does not begin in that way; with `behind`, that has not said just that before
        what is behind the name."""
        answer = self._answer
        ways = [name, *(f"{name} {special} free" for special in self._specials)]
        token = answer.literal(self._behind[0]) if behind and self._behind else ""
        text = f"{ANYTHING} & ~/{unlike}{ANY}/" if unlike and not token else ANYTHING
        if token in self._specials:
            answer.rule(f"{name}_NAME", f"{ANYTHING} & ~/{unlike}/")
            ways[ways.index(f"{name} {token} free")] = f"{name}_NAME {token} free"
        if self._token:
            ways.append(f"{name} {answer.literal(self._token)} begun")
        else:
            lead = flexible(self._shape.prefix)
            answer.rule(f"{name}_LEAD", f"{text} & /{ANY}{lead}/ & ~/{ANY}{lead}(?s:.+)/")
            text = f"{text} & ~/{ANY}{lead}{ANY}/"
            ways.append(f"{name}_LEAD begun")
        answer.rule(name, text)
        return " | ".join(ways)

    def _head(self, name: str) -> str:
        """What stands before a call's arguments, from where it is told from text."""
        return f"{flexible(self._last) if self._token else ''}\\s*{name}{flexible(self._middle)}"


def flexible(text: str) -> str:
    """An expression for a part of a form, with any white space in it, and any number of a call for its `ID`."""
    parts = re.split(rf"(\s+|{ID})", text.strip())
    written = (
        "[a-zA-Z0-9_-]{1,64}" if part == ID else escaped(part) if part.strip() else r"\s*" for part in parts if part
    )
    return r"\s*" + "".join(written) if text.strip() else ""
