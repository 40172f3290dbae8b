"""In which form a template's models write calls, found in what the template makes of a history with two of them."""

import json
import re
from dataclasses import replace

from puna.core.errors import PunaError
from puna.engines.llama.chat.probing import NAME, Body, render, said, user
from puna.engines.llama.chat.sections import SECTIONS, SectionShape
from puna.engines.llama.chat.tagged import KEY, TaggedShape
from puna.engines.llama.markup import FIRST_TAG, ID, CallShape, ThinkingTags
from puna.engines.process.client import EngineClient

CallForm = CallShape | TaggedShape | SectionShape

ARGUMENTS = {"PUNA_KEY": "PUNA_VALUE", "PUNA_NUMBER": 7407}
VALUES = ("PUNA_VALUE", "7407")
RESULT, ANSWER = "PUNA-RESULT", "PUNA-ANSWER"
PROPERTIES = {"PUNA_KEY": {"type": "string"}, "PUNA_NUMBER": {"type": "integer"}}
TOOL = {
    "type": "function",
    "function": {"name": NAME, "description": "?", "parameters": {"type": "object", "properties": PROPERTIES}},
}
END_OF_TURN = re.compile(
    r"<[|\uff5c](?:END_OF_TURN_TOKEN|end_of_turn|eot_id|eom_id|eot|eom|im_end|tool_response|end_of_msg|end_of_text|end▁of▁sentence|role_end"
    r"|call|calls|end|observation|user|message_sep|START_OF_TURN_TOKEN)[|\uff5c]>|</s>|<eos>|<end_of_turn>|<turn\|>|\[e~\["
)
"""What ends the turn of a model, where calls end otherwise than text."""
ENDS_ALONE = re.compile(FIRST_TAG.pattern + r"(?!\w)")
TAG_END = "<|sep|>"
BEGUN_TAG = re.compile(r"<[^<>]*$|\[[A-Z_/]*$")


async def find_form(client: EngineClient, thinking: ThinkingTags | None) -> CallForm | None:
    """The form, where it is one that Puna can read."""
    body: Body = {"tools": [TOOL]}
    asked = [user("?")]
    begin = await render(client, body | {"messages": asked})
    plain = await render(client, body | {"messages": [*asked, said("assistant", ANSWER), user("!")]})
    ended = ENDS_ALONE.match(plain.partition(ANSWER)[2])
    ends = re.compile(f"{re.escape(ended[1])}|{END_OF_TURN.pattern}" if ended else END_OF_TURN.pattern)
    for count in (2, 1):
        try:
            rendered = await render(client, body | {"messages": [*asked, *called(count)]})
        except PunaError:
            continue
        turn = after_common(begin, rendered)
        while (tag := FIRST_TAG.match(turn)) and begin.endswith(tag[1]):
            turn = turn[tag.end() :]  # the prompt for an answer ends in a tag that the history has as well
        if thinking:
            head, name, tail = turn.partition(NAME)
            turn = head.rpartition(thinking.end)[2] + name + tail
        if form := read_form(turn, ends, count) or addressed_shape(begin, turn):
            escaped = isinstance(form, CallShape) and await escapes(client, body | {"messages": asked})
            return replace(form, escaped=True) if isinstance(form, CallShape) and escaped else form
    return None


async def escapes(client: EngineClient, body: Body) -> bool:
    """Whether characters beyond ASCII are escapes in arguments."""
    call, result = called(1)
    call["tool_calls"][0]["function"] = {"name": NAME, "arguments": json.dumps({"PUNA_KEY": "é"})}
    return "\\u00e9" in await render(client, body | {"messages": [*body["messages"], call, result]})


def called(count: int) -> list[Body]:
    """That many calls of one answer, and their results."""
    function = {"name": NAME, "arguments": json.dumps(ARGUMENTS)}
    calls = [{"id": f"{number:09}", "type": "function", "function": function} for number in range(count)]
    results = [{"role": "tool", "tool_call_id": call["id"], "name": NAME, "content": RESULT} for call in calls]
    return [{"role": "assistant", "content": "", "tool_calls": calls}, *results]


def after_common(begin: str, text: str) -> str:
    """What of a text is not the beginning of both; a tag is not divided."""
    size = len(common_prefix(begin, text))
    if tag := BEGUN_TAG.search(text[:size]):
        size = tag.start()
    return text[size:]


def read_form(turn: str, ends: re.Pattern[str], count: int) -> CallForm | None:
    """The form of a turn that begins with `count` calls."""
    if shape := json_shape(turn, ends):
        return shape
    for section in SECTIONS:
        if section.pattern.search(turn):
            return section
    return tagged_shape(turn, ends) if count == 2 else None


def json_shape(turn: str, ends: re.Pattern[str]) -> CallShape | None:
    """The shape of calls whose arguments are JSON."""
    calls = json_calls(turn)
    if not calls or not turn[: calls[0][0]].strip():
        return None
    name, start, end = calls[0]
    closing = turn[calls[-1][2] :].partition(RESULT)[0]
    ended = ends.search(closing)
    # Where nothing ends the turn the result follows the last tag.
    suffix = closing[: ended.start()] if ended else closing.rpartition(">")[0] + ">"
    middle = turn[name + len(NAME) : start]
    if len(calls) > 1:
        middle = numbered(middle, turn[calls[1][0] + len(NAME) : calls[1][1]])
    shape = CallShape(ids(turn[:name].lstrip()), ids(middle), ids(suffix.rstrip()))
    between = ids(turn[end : calls[1][0]]) if len(calls) > 1 else ""
    if between.startswith(shape.suffix) and between.endswith(shape.prefix):
        return shape
    return replace(shape, between=between)


def addressed_shape(begin: str, turn: str) -> CallShape | None:
    """The shape of calls whose mark the prompt ends with, where it stands between two of them as well."""
    calls = json_calls(turn)
    if len(calls) < 2 or turn[: calls[0][0]].strip():
        return None
    (name, start, end), (second, *_) = calls[:2]
    between = turn[end:second]
    if not between.strip() or not begin.endswith(between):
        return None
    return CallShape("", turn[name + len(NAME) : start], "", between)


def ids(text: str) -> str:
    """The text with an `ID` for the probe's own, and for a number in quotes."""
    return re.sub(r"0{8}[01]|(?<=\")[01](?=\")", ID, text)


def numbered(first: str, second: str) -> str:
    """The text with an `ID` where both differ."""
    begin, end = common_prefix(first, second), common_suffix(first, second)
    return first if first == second else f"{begin}{ID}{end}"


def json_calls(turn: str) -> list[tuple[int, int, int]]:
    """Where each call's name begins, and where its arguments begin and end."""
    calls: list[tuple[int, int, int]] = []
    place = 0
    while (name := turn.find(NAME, place)) >= 0 and RESULT not in turn[place:name]:
        start = turn.find("{", name)
        try:
            value, end = json.JSONDecoder().raw_decode(turn, max(start, 0))
        except json.JSONDecodeError:
            break
        if value != ARGUMENTS:
            break
        calls.append((name, start, end))
        place = end
    return calls


def tagged_shape(turn: str, ends: re.Pattern[str]) -> TaggedShape | None:
    """The shape of calls whose arguments are tags, each with its name and its value."""
    before, _, rest = turn.partition(NAME)
    first, _, rest = rest.partition("PUNA_KEY")
    key_end, _, rest = rest.partition("PUNA_VALUE")
    between, _, rest = rest.partition("PUNA_NUMBER")
    if "PUNA_KEY" in between:
        between = between.replace("PUNA_KEY", KEY)
    number_end, _, rest = rest.partition("7407")
    closing, second, last = rest.partition(NAME)
    closing = closing.replace("PUNA_NUMBER", KEY)
    closing_last = last.rpartition("7407")[2].replace("PUNA_NUMBER", KEY)
    if not second:
        return None
    second_name = last.partition("PUNA_KEY")[0]
    key_start = from_tag(common_suffix(first, between))
    value_end = between.removesuffix(key_start).rstrip()
    prefix = from_tag(common_suffix(before, closing))
    if not key_start or not value_end.strip() or not prefix:
        return None
    end = ends.search(closing_last)
    section_end = closing_last[: end.start()] if end else closing_last.partition(RESULT)[0]
    call_end = closing.removeprefix(value_end).removesuffix(prefix).strip()
    return TaggedShape(
        prefix=prefix,
        name_end=ends_of(first.removesuffix(key_start).strip(), second_name.removesuffix(key_start).strip()),
        key_start=key_start,
        key_end=ends_of(key_end, number_end),
        value_end=value_end,
        call_end=call_end,
        section=before.removesuffix(prefix).strip(),
        section_end=section_end.strip().removeprefix(value_end.strip()).strip().removeprefix(call_end).strip(),
    )


def ends_of(first: str, second: str) -> tuple[str, str]:
    """What both begin with and end with."""
    if first == second:
        return first.strip() or first, ""
    begin = common_prefix(first, second)
    return begin, common_suffix(first[len(begin) :], second[len(begin) :])


def common_prefix(left: str, right: str) -> str:
    """What both begin with."""
    pairs = enumerate(zip(left, right, strict=False))
    return left[: next((place for place, (a, b) in pairs if a != b), min(len(left), len(right)))]


def common_suffix(left: str, right: str) -> str:
    return common_prefix(left[::-1], right[::-1])[::-1]


def from_tag(text: str) -> str:
    """The text from where its first tag begins. Kimi K3 ends each tag with a token, which is not the next one's."""
    place = text.find("<", len(TAG_END) if text.startswith(TAG_END) else 0)
    return text[place:] if place >= 0 else ""
