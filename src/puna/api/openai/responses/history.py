"""What was said before, as messages: items of the wire in, messages of the core out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from puna.api.openai.files import file_text
from puna.api.openai.responses.items import Stored
from puna.api.openai.tools import custom_arguments
from puna.core.errors import InvalidRequest
from puna.core.messages import Image, Message, Part, Role, Text, ToolCall
from puna.images.load import ImageLoader
from puna.state.errors import Unsealed
from puna.state.seal import Seal

OUTPUTS = {"function_call_output": "function_call", "custom_tool_call_output": "custom_tool_call"}
"""The types of results, and the types of the calls they belong to."""
CALLS = frozenset(OUTPUTS.values())


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
    pictures = {url: await images.load(url, field) for url in picture_urls(items)}
    return History(seal, pictures, field).messages(items)


def picture_urls(items: Iterable[Stored]) -> set[str]:
    """Where the pictures are that the items have."""
    contents = [item.get("content") or item.get("output") for item in items]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return {part["image_url"] for part in parts if part["type"] == "input_image" and part["image_url"]}


class History:
    """Puts messages together from items, with the pictures that were loaded before."""

    def __init__(self, seal: Seal, pictures: Mapping[str, Image], field: str) -> None:
        self._seal = seal
        self._field = field
        self._pictures = pictures
        self._messages: list[Message] = []
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
            case "function_call" | "custom_tool_call":
                # A call that was cut off was not made: its arguments are not there to be shown.
                if item.get("status") != "incomplete":
                    self._turn.calls.append(ToolCall(item["call_id"], item["name"], call_arguments(item)))
            case "function_call_output" | "custom_tool_call_output":
                content = self._parts(item["output"])
                self._say(Message(role="tool", content=content, tool_call_id=item["call_id"]))
            case "compaction":
                summary = self._open(item["encrypted_content"])
                self._say(Message(role="system", content=(Text(f"Summary of what was said before:\n{summary}"),)))

    def _parts(self, content: str | Sequence[Stored]) -> tuple[Part, ...]:
        return (Text(content),) if isinstance(content, str) else tuple(self._part(part) for part in content)

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
    answered = {(OUTPUTS[item["type"]], item["call_id"]) for item in everything if item["type"] in OUTPUTS}
    for item in everything:
        kind = item["type"]
        made = kind in CALLS and item.get("status") != "incomplete"
        if made and (kind, item["call_id"]) not in answered:
            raise InvalidRequest(f"No tool output found for {words(kind)} {item['call_id']}.", param="input")
    calls = {(item["type"], item["call_id"]) for item in before if item["type"] in CALLS}
    for item in given:
        kind = item["type"]
        if kind in CALLS:
            calls.add((kind, item["call_id"]))
        elif kind in OUTPUTS and (OUTPUTS[kind], item["call_id"]) not in calls:
            raise InvalidRequest(
                f"No tool call found for {words(OUTPUTS[kind])} output with call_id {item['call_id']}.", param="input"
            )


def words(kind: str) -> str:
    """What a type of item is called in a sentence."""
    return kind.replace("_", " ")


def call_arguments(item: Stored) -> str:
    """A call's arguments as the model wrote them; a text is the one argument of its tool."""
    if item["type"] == "function_call":
        return str(item["arguments"])
    return custom_arguments(item["input"])


def no_files(kind: str, instead: str, field: str) -> InvalidRequest:
    """There are no uploaded files and no fetching of addresses here."""
    return InvalidRequest(
        f"An '{kind}' needs '{instead}' here: this server keeps no uploaded files ('file_id') "
        "and fetches none ('file_url').",
        param=field,
        code="unsupported_file",
    )
