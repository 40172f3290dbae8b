"""Conversations that are rendered both ways, as `/api/chat` has them."""

from dataclasses import dataclass
from typing import Any

MARK = "Weather in Rome?"
"""The first thing that a user says: the description of the tools is before it."""


@dataclass(frozen=True)
class Conversation:
    """What is rendered. `think` is whether or how much the model shall think, None where nobody says so."""

    name: str
    messages: tuple[dict[str, Any], ...]
    tools: bool = False
    think: bool | str | None = None

    @property
    def title(self) -> str:
        """The name, and whether the model shall think."""
        how = (
            f"thinking {self.think}" if isinstance(self.think, str) else "thinking" if self.think else "not thinking"
        )
        return f"{self.name}, {how}"


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Tells it.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "description": "Where."}, "days": {"type": "integer"}},
                "required": ["city"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "add",
            "description": "Adds.",
            "parameters": {
                "type": "object",
                "properties": {"numbers": {"type": "array", "items": {"type": "number"}}},
            },
        },
    },
]

_SYSTEM = {"role": "system", "content": "Be brief."}
_ASKS = {"role": "user", "content": MARK}
_SAYS = {"role": "assistant", "content": "It is sunny."}
_THOUGHT = {**_SAYS, "thinking": "I look it up."}
_ASKS_ON = {"role": "user", "content": "And tomorrow?"}
_ROME = ("weather", {"city": "Rome"})
_SUM = ("add", {"numbers": [1, 2.5]})
_VALUES = ("weather", {"city": 'a "b"\nc', "days": 3, "deep": {"x": [True, "y"]}, "no": False})


def _calls(*calls: tuple[str, dict[str, Any]], **more: str) -> dict[str, Any]:
    found = [
        {"id": f"call_{name}", "function": {"index": number, "name": name, "arguments": arguments}}
        for number, (name, arguments) in enumerate(calls)
    ]
    return {"role": "assistant", "content": "", "tool_calls": found, **more}


def _result(name: str, text: str) -> dict[str, Any]:
    return {"role": "tool", "tool_name": name, "content": text, "tool_call_id": f"call_{name}"}


_TURNS: dict[str, tuple[dict[str, Any], ...]] = {
    "a question": (_ASKS,),
    "a system message": (_SYSTEM, _ASKS),
    "turns": (_SYSTEM, _ASKS, _SAYS, _ASKS_ON),
    "a thought of before": (_ASKS, _THOUGHT, _ASKS_ON),
    "a second system message": (_SYSTEM, _ASKS, _SAYS, {"role": "system", "content": "Be long."}, _ASKS_ON),
    "spaces": (
        {"role": "system", "content": "  Be brief.\n"},
        {"role": "user", "content": f"\n {MARK} "},
        {"role": "assistant", "content": " It is sunny.\n"},
        _ASKS_ON,
    ),
}
_CALLS: dict[str, tuple[dict[str, Any], ...]] = {
    "tools": (_SYSTEM, _ASKS),
    "a call": (_ASKS, _calls(_ROME), _result("weather", "Sunny.")),
    "a call after a thought": (_ASKS, _calls(_ROME, thinking="I ask."), _result("weather", "Sunny.")),
    "a call with text": (_ASKS, _calls(_ROME, content="I ask."), _result("weather", "Sunny."), _SAYS, _ASKS_ON),
    "two calls": (_ASKS, _calls(_ROME, _SUM), _result("weather", "Sunny."), _result("add", "3.5")),
    "two calls of before": (
        *(_ASKS, _calls(_ROME, _SUM), _result("weather", "Sunny."), _result("add", "3.5")),
        *(_SAYS, _ASKS_ON),
    ),
    "arguments of all kinds": (_ASKS, _calls(_VALUES), _result("weather", '{"a": 1}')),
    "a call after a call": (
        *(_ASKS, _calls(_ROME, thinking="I ask."), _result("weather", "Sunny.")),
        *(_calls(_SUM, thinking="I add."), _result("add", "3.5")),
    ),
}

LEVELS = {"glimmer": ("low", "medium", "high", "max"), "qwen3.8": ("low", "medium", "xhigh")}
"""How much the models of a renderer can be told to think."""

CONVERSATIONS = [
    *(Conversation(name, turns, False, think) for name, turns in _TURNS.items() for think in (True, False)),
    *(Conversation(name, turns, True, think) for name, turns in _CALLS.items() for think in (True, False)),
]


def conversations(renderer: str) -> list[Conversation]:
    """What is rendered with a renderer."""
    turns = _TURNS["turns"]
    return [*CONVERSATIONS, *(Conversation("turns", turns, False, level) for level in LEVELS.get(renderer, ()))]
