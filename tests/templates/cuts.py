"""Answers that a limit cuts: after every byte of a thinking, a text and a call in each template's form.

What was said comes out once, as what it is. The beginning of a call that the limit cut before it was one is text: it
may be nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from puna.core.requests import ChatRequest
from puna.core.tools import Tool
from tests.scripted_model import PIECE, vocabulary_of
from tests.templates.cases import Cases
from tests.templates.subject import Answer, Subject, answer_of, ask, call, prompt_of, said, tool, turn, user

CUTS = Cases()
THOUGHT, TEXT, VALUE = "I wonder about é and 日.", "Let me look at ✓ now.", "Trondheim"
TOOLS = (tool(),)


@dataclass(frozen=True)
class Said:
    """What a model says up to somewhere."""

    whole: bytes
    size: int

    def of(self, part: str) -> str:
        """What of a part of it was said, but for half a character."""
        before, found, _ = self.whole.partition(part.encode())
        return found[: max(0, self.size - len(before))].decode(errors="ignore")

    def within(self, part: str) -> bool:
        """Whether it ends in that part."""
        place = self.whole.find(part.encode())
        return 0 <= place < self.size < place + len(part.encode())


@CUTS.of("cut answers")
async def a_text_cut_anywhere(subject: Subject) -> None:
    await cut_anywhere(subject, await thought(subject) + TEXT, ask(user("?")))


@CUTS.of("cut answers")
async def a_call_cut_anywhere(subject: Subject) -> None:
    text = await turn(subject.engine, said(TEXT, call(city=VALUE, days=3)), TOOLS)
    if "get_weather" not in text:
        text = await turn(subject.engine, said("", call(city=VALUE, days=3)), TOOLS)
    tags = (await subject.engine.traits()).thinking
    if tags and tags.end.count("<") == 1 and tags.end not in text:
        text = f"{await thought(subject, TOOLS)}\n\n{text}".lstrip()
    await cut_anywhere(subject, text.replace("Hm.", THOUGHT), ask(user("?"), tools=TOOLS))


async def thought(subject: Subject, tools: Sequence[Tool] = ()) -> str:
    """What a model says that thinks, before its answer."""
    tags = (await subject.engine.traits()).thinking
    if tags is None:
        return ""
    prompt = (await prompt_of(subject.engine, ask(user("?"), tools=tools))).rstrip()
    if tags.closed_in(prompt):
        return ""
    return f"{'' if prompt.endswith(tags.start) else tags.start}{THOUGHT}{tags.end}"


async def cut_anywhere(subject: Subject, text: str, request: ChatRequest) -> None:
    for first in range(1, PIECE + 1):
        pieces = vocabulary_of(text, subject.template, first=first).pieces
        assert b"".join(pieces) == text.encode()
        async with subject.model(text, first=first) as engine:
            whole = await answer_of(engine, request)
            for count in range(1, len(pieces)):
                answer = await answer_of(engine, ask(*request.messages, tools=request.tools, most=count))
                check(Said(text.encode(), shown(pieces[:count])), answer, whole)


def shown(pieces: list[bytes]) -> int:
    """How much the engine shows of them: it keeps tokens back until their last character is whole."""
    while pieces and b"".join(pieces).decode(errors="replace").endswith("\N{REPLACEMENT CHARACTER}"):
        pieces = pieces[:-1]
    return len(b"".join(pieces))


def check(so_far: Said, answer: Answer, whole: Answer) -> None:
    described = f"{so_far.whole[: so_far.size]!r} became {answer}"
    assert answer.reason == "length", described
    everything = answer.reasoning + answer.text + "".join(arguments for _, arguments in answer.calls)
    for part in (THOUGHT, TEXT, VALUE):
        assert so_far.of(part).strip() in everything, described
    assert begins(whole.reasoning, answer.reasoning) or not so_far.within(THOUGHT), described
    if so_far.within(THOUGHT):
        assert (answer.text.strip(), answer.calls) == ("", []), described
    elif so_far.within(TEXT):
        assert (answer.reasoning, answer.calls) == (whole.reasoning, []), described
        assert begins(whole.text, answer.text), described
    for (name, arguments), (wanted, full) in zip(answer.calls, whole.calls, strict=False):
        assert name == wanted, described
        assert begins(full, arguments), described
    rest = answer.text[len(shared(whole.text, answer.text)) :].strip("\n\N{REPLACEMENT CHARACTER} ")
    assert rest == "" or (not answer.calls and rest.encode() in so_far.whole), described


def begins(whole: str, text: str) -> bool:
    return whole.startswith(text.rstrip("\N{REPLACEMENT CHARACTER}"))


def shared(left: str, right: str) -> str:
    """What both begin with."""
    size = next((place for place, (one, other) in enumerate(zip(left, right, strict=False)) if one != other), None)
    return left[: min(len(left), len(right)) if size is None else size]
