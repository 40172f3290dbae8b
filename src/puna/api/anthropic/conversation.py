"""From a request's messages to the conversation that the model sees."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from puna.api.anthropic.blocks import (
    AssistantMessage,
    RedactedThinking,
    Shown,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolReference,
    ToolResult,
    ToolUse,
    UserMessage,
    parts,
)
from puna.api.anthropic.thinking import opened, verified
from puna.api.mistakes import invalid_value
from puna.core.errors import InvalidRequest
from puna.core.json import write
from puna.core.messages import Message, Part, Role, Text, ToolCall
from puna.images.load import ImageLoader
from puna.state.seal import Seal

Given: TypeAlias = UserMessage | AssistantMessage | SystemMessage
Block: TypeAlias = Shown | ToolResult | ToolUse | ThinkingBlock | RedactedThinking

BILLING = "x-anthropic-billing-header:"
"""What Claude Code puts before its system prompt. It counts requests by it, and tells the model nothing: another one
for each conversation, it would keep the rest of the prompt from being found in the cache."""
FAILED = Text("The call failed:")
"""Stands before what came of a call that failed: templates know no such results."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A block of a message, and the name of its field. `returned` is whether its message has results of tools:
    Claude Code sends a file beside the result that speaks of it."""

    path: str
    block: Block
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What becomes one message of the conversation. `place` is the request's message that it begins in."""

    role: Role
    place: int
    blocks: list[Placed] = field(default_factory=list)


def turns(messages: Sequence[Given]) -> list[Turn]:
    """The messages with each result by itself, before what else its message says. What one side says in several
    messages in a row is one turn."""
    found: list[Turn] = []
    for place, message in enumerate(messages):
        blocks = list(blocks_of(message, f"messages[{place}].content"))
        results = [one for one in blocks if isinstance(one.block, ToolResult)]
        found += [Turn("tool", place, [result]) for result in results]
        said = [replace(one, returned=bool(results)) for one in blocks if not isinstance(one.block, ToolResult)]
        if found and found[-1].role == message.role != "system":
            found[-1].blocks.extend(said)
        elif said or not results:
            found.append(Turn(message.role, place, said))
    return found


def blocks_of(message: Given, path: str) -> Iterator[Placed]:
    """The blocks of a message; a string is one text."""
    if isinstance(message.content, str):
        yield Placed(path, TextBlock(type="text", text=message.content))
    else:
        yield from (Placed(f"{path}[{place}]", block) for place, block in enumerate(message.content))


def check_calls(given: Sequence[Turn]) -> None:
    """Every call has its result in the message behind it, and every result its call.

    Raises InvalidRequest, naming the calls.
    """
    waiting: dict[str, str] = {}
    for turn in given:
        if turn.role != "tool" and waiting:
            raise unanswered(waiting)
        for placed in turn.blocks:
            path, block = placed.path, placed.block
            if isinstance(block, ToolUse):
                if block.id in waiting:
                    raise invalid_value(f"{path}.id", f"Two calls have the id '{block.id}'.")
                waiting[block.id] = path
            if isinstance(block, ToolResult) and waiting.pop(block.tool_use_id, None) is None:
                message = f"No `tool_use` block with the id '{block.tool_use_id}' comes in the message before."
                raise invalid_value(f"{path}.tool_use_id", message)
    if waiting:
        raise unanswered(waiting)


def unanswered(waiting: dict[str, str]) -> InvalidRequest:
    names = ", ".join(waiting)
    message = f"`tool_use` ids were found without `tool_result` blocks immediately after: {names}."
    return invalid_value(next(iter(waiting.values())), message)


def found_tools(messages: Sequence[Given]) -> frozenset[str]:
    """The names of the tools that a client's search found."""
    return frozenset(
        inner.tool_name
        for turn in turns(messages)
        for placed in turn.blocks
        if isinstance(placed.block, ToolResult) and isinstance(placed.block.content, list)
        for inner in placed.block.content
        if isinstance(inner, ToolReference)
    )


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes messages of the core. `seal` is what thoughts are signed with."""

    seal: Seal
    images: ImageLoader

    async def conversation(
        self, system: str | Sequence[TextBlock] | None, messages: Sequence[Given]
    ) -> tuple[Message, ...]:
        """The conversation. Raises InvalidRequest, naming the field."""
        given = turns(messages)
        check_calls(given)
        return (*instructions(system), *[await self._message(turn) for turn in given])

    async def _message(self, turn: Turn) -> Message:
        content: list[Part] = []
        thoughts: list[str] = []
        calls: list[ToolCall] = []
        answered = None
        for placed in turn.blocks:
            path, block = placed.path, placed.block
            match block:
                case ThinkingBlock(thinking=thought, signature=signed):
                    thoughts.append(verified(self.seal, thought, signed, path))
                case RedactedThinking(data=data):
                    thoughts.append(opened(self.seal, data, path))
                case ToolUse(id=identifier, name=name, input=arguments):
                    calls.append(ToolCall(identifier, name, write(arguments).decode()))
                case ToolResult():
                    answered = block.tool_use_id
                    content += await self._result(block, path)
                case _:
                    images = self.images.returned() if placed.returned else self.images
                    content += await parts(block, path, images)
        return Message(
            role=turn.role,
            content=tuple(content),
            reasoning="\n".join(thoughts) or None,
            tool_calls=tuple(calls),
            tool_call_id=answered,
        )

    async def _result(self, result: ToolResult, path: str) -> list[Part]:
        content: list[Part] = [FAILED] if result.is_error else []
        if isinstance(result.content, str):
            return [*content, Text(result.content)]
        for place, block in enumerate(result.content or ()):
            content += await parts(block, f"{path}.content[{place}]", self.images.returned())
        return content


def instructions(system: str | Sequence[TextBlock] | None) -> Iterator[Message]:
    """The system message, if there is one."""
    if isinstance(system, str):
        if system:
            yield Message(role="system", content=(Text(system),))
    elif system:
        told = [block.text for block in system if not block.text.startswith(BILLING)]
        if told:
            yield Message(role="system", content=tuple(map(Text, told)))
