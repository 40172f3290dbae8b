"""What was said before, as messages: items of the wire in, messages of the core out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import TypeAdapter

from puna.api.openai.files import file_text
from puna.api.openai.responses import actions
from puna.api.openai.responses.items import Stored
from puna.api.openai.responses.toolbox import model_name
from puna.api.openai.responses.tools import GivenTool
from puna.api.openai.tools import custom_arguments
from puna.core.errors import InvalidRequest
from puna.core.messages import Message, Part, Role, Text, ToolCall
from puna.images.load import ImageLoader
from puna.state.errors import Unsealed
from puna.state.seal import Seal

OUTPUTS = {
    "function_call_output": ("function_call", actions.LOCAL_SHELL.call),
    "custom_tool_call_output": ("custom_tool_call",),
    **{action.output: (action.call,) for action in actions.ACTIONS.values()},
}
"""The types of results, and the types of the calls they may belong to. Codex answers a local shell as a function."""
CALLS = frozenset(call for calls in OUTPUTS.values() for call in calls)
FOUND: TypeAdapter[list[GivenTool]] = TypeAdapter(list[GivenTool])


@dataclass(slots=True)
class Assistant:
    """A turn of the assistant's while its items are put together: thoughts, then text, then calls."""

    reasoning: list[str] = field(default_factory=list)
    content: list[Part] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.reasoning or self.content or self.calls)

    def message(self) -> Message:
        return Message(
            role="assistant",
            content=tuple(self.content),
            reasoning="".join(self.reasoning) or None,
            tool_calls=tuple(self.calls),
        )


async def to_messages(
    items: Sequence[Stored], seal: Seal, images: ImageLoader, field: str = "input"
) -> tuple[Message, ...]:
    """The conversation those items are, which came in that field.

    Raises:
        InvalidRequest: one of them has something that can't be used here.
    """
    said = [item.get("content") for item in items]
    pictures: dict[str, Part] = {url: await images.load(url, field) for url in picture_urls(said)}
    results = [item.get("output") for item in items]
    for url in picture_urls(results) - pictures.keys():
        pictures[url] = await images.returned().load(url, field)
    return History(seal, pictures, images, field).messages(items)


def picture_urls(contents: Iterable[Any]) -> set[str]:
    """Where the pictures are that those contents have."""
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return {part["image_url"] for part in parts if part.get("type") == "input_image" and part["image_url"]}


class History:
    """Puts messages together from items, with the pictures that were loaded before."""

    def __init__(self, seal: Seal, pictures: Mapping[str, Part], images: ImageLoader, field: str) -> None:
        self._seal = seal
        self._field = field
        self._pictures = pictures
        self._images = images
        self._messages: list[Message] = []
        self._ids: dict[str, str] = {}
        self._turn = Assistant()

    def messages(self, items: Iterable[Stored]) -> tuple[Message, ...]:
        for item in items:
            self._add(item)
        self._end_turn()
        return tuple(self._messages)

    def _add(self, item: Stored) -> None:
        match item["type"]:
            case "message" if item["role"] == "assistant":
                self._begin_turn_unless(not self._turn.content and not self._turn.calls)
                self._turn.content += self._parts(item["content"])
            case "message":
                role: Role = "user" if item["role"] == "user" else "system"
                self._say(Message(role=role, content=self._parts(item["content"])))
            case "reasoning":
                self._begin_turn_unless(not self._turn.content and not self._turn.calls)
                self._turn.reasoning.append(self._thoughts(item))
            case kind if kind in CALLS:
                # A call that was cut off was not made: its arguments are not there to be shown.
                if was_made(item):
                    key = item["call_id"]
                    self._ids[item["id"]] = key
                    self._turn.calls.append(ToolCall(key, call_name(item), call_arguments(item)))
            case kind if kind in OUTPUTS:
                if (answered := answers(item)) is not None:
                    key = self._ids.get(answered, answered)
                    self._say(Message(role="tool", content=self._result(item), tool_call_id=key))
            case "compaction":
                summary = self._open(item["encrypted_content"])
                self._say(Message(role="system", content=(Text(f"Summary of what was said before:\n{summary}"),)))

    def _result(self, item: Stored) -> tuple[Part, ...]:
        action = actions.OUTPUTS.get(item["type"])
        content = action.result(item) if action else item["output"]
        return (Text(content),) if isinstance(content, str) else tuple(map(self._returned, content))

    def _returned(self, part: Stored) -> Part:
        """A piece of what a tool returned. The model is told of one that it can't read."""
        try:
            return self._part(part)
        except InvalidRequest as error:
            return self._images.returned().unread("a file", error)

    def _parts(self, content: str | Sequence[Stored]) -> tuple[Part, ...]:
        return (Text(content),) if isinstance(content, str) else tuple(map(self._part, content))

    def _part(self, part: Stored) -> Part:
        match part["type"]:
            case "input_image" if part["image_url"] is None:
                raise no_files("input_image", "image_url", self._field)
            case "input_image":
                return self._pictures[part["image_url"]]
            case "input_file":
                if part.get("file_data") is None:
                    raise no_files("input_file", "file_data", self._field)
                return Text(file_text(part["file_data"], part.get("filename"), self._field, "input_image"))
            case "refusal":
                return Text(part["refusal"])
            case _:
                return Text(part["text"])

    def _say(self, message: Message) -> None:
        self._end_turn()
        self._messages.append(message)

    def _begin_turn_unless(self, fits: bool) -> None:
        if not fits:
            self._end_turn()

    def _end_turn(self) -> None:
        if self._turn:
            self._messages.append(self._turn.message())
            self._turn = Assistant()

    def _thoughts(self, item: Stored) -> str:
        """The thoughts themselves, else sealed, else their summary, which here is never shorter."""
        if item.get("content"):
            return "\n".join(part["text"] for part in item["content"])
        if item.get("encrypted_content"):
            return self._open(item["encrypted_content"])
        return "\n".join(part["text"] for part in item["summary"])

    def _open(self, sealed: str) -> str:
        try:
            return self._seal.open(sealed)
        except Unsealed as error:
            message = f"The encrypted content could not be verified: {error.message}."
            raise InvalidRequest(message, param=self._field, code="invalid_encrypted_content") from error


def check_outputs(before: Sequence[Stored], given: Sequence[Stored]) -> None:
    """Every result has to belong to a call that was made, and every call needs its result, but for one that was cut
    off.

    Raises:
        InvalidRequest: naming the call.
    """
    everything = [*before, *given]
    answered = {(call, answers(item)) for item in everything for call in OUTPUTS.get(item["type"], ())}
    for item in everything:
        keys = keys_of(item) if was_made(item) else ()
        if keys and not any((item["type"], key) in answered for key in keys):
            raise InvalidRequest(f"No tool output found for {words(item['type'])} {item['call_id']}.", param="input")
    calls = {(item["type"], key) for item in before for key in keys_of(item)}
    for item in given:
        calls |= {(item["type"], key) for key in keys_of(item)}
        kinds, key = OUTPUTS.get(item["type"], ()), answers(item)
        if kinds and key is not None and not any((kind, key) in calls for kind in kinds):
            message = f"No tool call found for {words(kinds[0])} output with call_id {key}."
            raise InvalidRequest(message, param="input")


def was_made(item: Stored) -> bool:
    """Whether an item is a call that the client has to answer: not one that was cut off, nor a search of OpenAI's."""
    return item["type"] in CALLS and item.get("status") != "incomplete" and item["call_id"] is not None


def keys_of(item: Stored) -> tuple[str, ...]:
    """What a result may name a call by; nothing where an item is none."""
    if item["type"] not in CALLS or item["call_id"] is None:
        return ()
    return (item["call_id"], item["id"]) if item["type"] == actions.LOCAL_SHELL.call else (item["call_id"],)


def answers(item: Stored) -> str | None:
    """What a result names its call by."""
    key: str | None = item["id"] if item["type"] == actions.LOCAL_SHELL.output else item.get("call_id")
    return key


def added_tools(items: Iterable[Stored]) -> list[GivenTool]:
    """The tools that a conversation got on its way: found by searches, or added."""
    kinds = (actions.TOOL_SEARCH.output, "additional_tools")
    return [tool for item in items if item["type"] in kinds for tool in FOUND.validate_python(item["tools"])]


def words(kind: str) -> str:
    """What a type of item is called in a sentence."""
    return kind.replace("_", " ")


def call_name(item: Stored) -> str:
    """What the model called."""
    action = actions.CALLS.get(item["type"])
    return action.tool.name if action else model_name(item["name"], item.get("namespace"))


def call_arguments(item: Stored) -> str:
    """A call's arguments as the model wrote them; a text is the one argument of its tool."""
    if action := actions.CALLS.get(item["type"]):
        return orjson.dumps(action.arguments(item)).decode()
    return str(item["arguments"]) if item["type"] == "function_call" else custom_arguments(item["input"])


def no_files(kind: str, instead: str, field: str) -> InvalidRequest:
    """There are no uploaded files and no fetching of addresses here."""
    return InvalidRequest(
        f"An '{kind}' needs '{instead}': uploaded files ('file_id') and files by URL ('file_url') are not supported.",
        param=field,
        code="unsupported_file",
    )
