"""Tools for models whose template knows none: described in the system message, calls and results as text."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from puna.core.messages import Message, Text
from puna.core.tools import Tool
from puna.engines.llama.markup import CallShape

INSTRUCTIONS = """You can call these functions. Each line is the JSON description of one:

{tools}

To call one, answer with its name and its arguments in this form:
{example}
To call several, write one after the other. Their results follow in <tool_response>. \
Where no function helps, answer in plain words."""


def with_tools(messages: Sequence[Message], tools: Sequence[Tool], shape: CallShape) -> tuple[Message, ...]:
    """The conversation with everything about tools as text."""
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    texts = joined_results([as_text(message, names, shape) for message in messages])
    if not tools:
        return tuple(texts)
    instructions = INSTRUCTIONS.format(tools="\n".join(map(describe, tools)), example=written("NAME", "{…}", shape))
    if texts and texts[0].role == "system":
        first = replace(texts[0], content=(Text(f"{texts[0].text}\n\n{instructions}"),))
        return (first, *texts[1:])
    return (Message(role="system", content=(Text(instructions),)), *texts)


def describe(tool: Tool) -> str:
    description = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return json.dumps({name: value for name, value in description.items() if value}, ensure_ascii=False)


def written(name: str, arguments: str, shape: CallShape) -> str:
    """A call as text."""
    return f"{shape.prefix}{name}{shape.middle}{arguments}{shape.suffix}"


def as_text(message: Message, names: dict[str, str], shape: CallShape) -> Message:
    """A message whose calls, or whose result of a call, are in its text."""
    if message.tool_calls:
        calls = "\n".join(written(call.name, call.arguments, shape) for call in message.tool_calls)
        content = (*message.content, Text(calls))
        return replace(message, content=content, tool_calls=())
    if message.role == "tool":
        name = names.get(message.tool_call_id or "", message.name or "")
        result = json.dumps({"name": name, "content": message.text}, ensure_ascii=False)
        others = (part for part in message.content if not isinstance(part, Text))
        content = (Text(f"<tool_response>\n{result}\n</tool_response>"), *others)
        return replace(message, role="user", content=content, name=None, tool_call_id=None)
    return message


def joined_results(messages: Iterable[Message]) -> list[Message]:
    """The messages, with results that follow one another in one: many templates want the roles to alternate."""
    joined: list[Message] = []
    for message in messages:
        if joined and is_result(joined[-1]) and is_result(message):
            joined[-1] = replace(message, content=(*joined[-1].content, *message.content))
        else:
            joined.append(message)
    return joined


def is_result(message: Message) -> bool:
    return message.role == "user" and message.text.startswith("<tool_response>\n")
