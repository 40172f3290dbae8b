"""What a template shows of a conversation, found out by rendering probes."""

import asyncio
import json
import re
from typing import Any

from puna.core.errors import PunaError
from puna.engines.llama.chat.shaping import Shown
from puna.engines.process.client import EngineClient

NAME = "PUNA_NAME"
"""A word that no template has, to be found again in what it renders."""
LAST_TAG = re.compile(r"(<[^<>]+>|\[[^\[\]]+\])\w*$")
FUNCTION = {
    "name": NAME,
    "description": "A probe.",
    "parameters": {
        "type": "object",
        "properties": {"PUNA_KEY": {"type": "string"}, "PUNA_NUMBER": {"type": "integer"}},
    },
}
TOOLS = [{"type": "function", "function": FUNCTION}]

RENDER_SECONDS = 10.0
"""How long a prompt may take to render; published templates write millions of characters in one."""

Body = dict[str, Any]


class NoEnd(Exception):
    """A template does not come to an end of a prompt."""


async def render(client: EngineClient, body: Body) -> str:
    """The prompt that the template makes of a chat body. The engine makes a grammar of the tools if it is not told
    that none will be called, and refuses those it can't make one of. Raises NoEnd."""
    try:
        async with asyncio.timeout(RENDER_SECONDS):
            prompt: str = (await client.post("/apply-template", {**body, "tool_choice": "none"}))["prompt"]
    except TimeoutError as error:
        raise NoEnd from error
    return prompt


def said(role: str, text: str) -> Body:
    return {"role": role, "content": text}


def user(text: str) -> Body:
    return said("user", text)


def calling(*keys: int, text: str = "") -> Body:
    """An answer with a call for each key."""
    calls = [
        {"id": f"{key:09}", "type": "function", "function": {"name": NAME, "arguments": arguments(key)}}
        for key in keys
    ]
    return {"role": "assistant", "content": text, "tool_calls": calls}


def arguments(key: int) -> str:
    return json.dumps({"PUNA_KEY": f"PUNA-ARGUMENT-{key}"})


def answered(key: int) -> Body:
    """The result of that call."""
    return {"role": "tool", "tool_call_id": f"{key:09}", "name": NAME, "content": f"PUNA-{key}"}


class Prober:
    """Renders probes with one engine's template. One that it refuses shows nothing."""

    def __init__(self, client: EngineClient) -> None:
        self._client = client

    async def shown(self, *, tools: bool) -> Shown:
        """What of a conversation the template shows."""
        if not await self._shows("u"):
            return Shown()  # it shows nothing that could be told apart
        first, again, last, alone, answer, users, answers, *calls = await asyncio.gather(
            self._shows("su"),
            self._shows("ssuasu"),
            self._shows("suasus"),
            self._shows("s"),
            self._shows("au"),
            self._shows("uu"),
            self._shows("uaau"),
            *([self._shows("uctu"), self._shows("uC"), self._shows("ub")] if tools else []),
        )
        after, at_once, beside = calls or (True, True, True)
        return Shown(
            system=first,
            systems_anywhere=again and last,
            system_alone=alone,
            answer_first=answer,
            users_in_a_row=users,
            answers_in_a_row=answers,
            user_after_result=after,
            calls_at_once=at_once,
            text_beside_calls=beside,
        )

    async def _shows(self, turns: str) -> bool:
        """Whether the prompt has everything of those turns: a letter for each. Text beside a call comes before the
        call's result."""
        messages: list[Body] = []
        marks: list[str] = []
        for number, turn in enumerate(turns, 1):
            more = turn_of(turn, number)
            messages += more
            marks += re.findall(r"PUNA-[\w-]+", json.dumps(more))
        try:
            prompt = await render(
                self._client, {"messages": messages} | ({"tools": TOOLS} if {*"cCb"} & {*turns} else {})
            )
        except PunaError:
            return False
        text, result = marks[-3::2] if turns[-1] == "b" else marks[:1] * 2
        return all(mark in prompt for mark in marks) and prompt.find(text) <= prompt.find(result)


def turn_of(letter: str, number: int) -> list[Body]:
    """The messages of a turn: the system's, the user's, an answer, a call and its result, two of them at once, a call
    with text beside it."""
    text = f"PUNA-{number}"
    match letter:
        case "s":
            return [said("system", text)]
        case "u":
            return [user(text)]
        case "a":
            return [said("assistant", text)]
        case "c":
            return [calling(number)]
        case "t":
            return [answered(number - 1)]
        case "C":
            return [calling(7, 8), answered(7), answered(8)]
        case _:
            return [calling(7, text=text), answered(7)]
