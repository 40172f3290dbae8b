"""The messages of a chat completion request."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from puna.api.mistakes import invalid_value
from puna.api.no_ops import CallHints, MessageHints, PartHints
from puna.api.openai.files import file_text
from puna.api.openai.tools import custom_arguments
from puna.core.errors import InvalidRequest
from puna.core.messages import Audio, Message, Part, Role, Text, ToolCall
from puna.http.body import Lenient, unsupported
from puna.images.load import ImageLoader, decode_base64

PartType = Literal["text", "refusal", "image_url", "input_audio", "file"]
PARTS: dict[str, tuple[PartType, ...]] = {
    "system": ("text",),
    "developer": ("text",),
    "user": ("text", "image_url", "input_audio", "file"),
    "assistant": ("text", "refusal"),
    "tool": ("text", "image_url"),
    "function": ("text",),
}
"""What the content of each role may be made of."""
ONLY = {
    "tool_calls": "assistant",
    "function_call": "assistant",
    "refusal": "assistant",
    "reasoning": "assistant",
    "reasoning_content": "assistant",
    "annotations": "assistant",
    "tool_call_id": "tool",
}
"""Fields that only messages of one role have."""


class ImageUrl(Lenient):
    """Where a picture is; `detail` changes nothing here, a local model sees each picture in one way."""

    url: Annotated[str, Field(min_length=1)]
    detail: Literal["auto", "low", "high", "original"] | None = None


class InputAudio(Lenient):
    """A sound in base64."""

    data: Annotated[str, Field(min_length=1)]
    format: Literal["wav", "mp3"]


class GivenFile(Lenient):
    """A text file. There are no uploaded files here for `file_id` to name."""

    file_data: Annotated[str, Field(min_length=1)] | None = None
    filename: str | None = None
    file_id: Annotated[None, unsupported("Uploaded files are not supported; send 'file_data'")] = None


class ContentPart(PartHints):
    """A piece of a message's content. `type` names the one other field it has. An image's address may stand there by
    itself, as in Ollama's examples. Where a cache may end (`prompt_cache_breakpoint`) is no matter here: it goes as
    far as prompts are the same."""

    type: PartType
    text: str | None = None
    refusal: str | None = None
    image_url: ImageUrl | Annotated[str, Field(min_length=1)] | None = None
    input_audio: InputAudio | None = None
    file: GivenFile | None = None
    prompt_cache_breakpoint: dict[str, Any] | None = None

    async def to_core(self, path: str, images: ImageLoader) -> Part:
        for name in sorted(
            self.model_fields_set - {"type", self.type, "prompt_cache_breakpoint", *PartHints.model_fields}
        ):
            raise InvalidRequest(
                f"Unknown parameter: '{path}.{name}'.", param=f"{path}.{name}", code="unknown_parameter"
            )
        if isinstance(self.image_url, str):
            return await images.load(self.image_url, f"{path}.image_url")
        if self.image_url is not None:
            return await images.load(self.image_url.url, f"{path}.image_url.url")
        if self.input_audio is not None:
            return Audio(decode_base64(self.input_audio.data, f"{path}.input_audio.data"), self.input_audio.format)
        if self.file is not None:
            if self.file.file_data is None:
                raise missing(f"{path}.file.file_data")
            return Text(file_text(self.file.file_data, self.file.filename, f"{path}.file.file_data", "image_url"))
        text = self.text if self.type == "text" else self.refusal
        if text is None:
            raise missing(f"{path}.{self.type}")
        return Text(text)


class CalledFunction(CallHints):
    """A function and the arguments the model wrote for it."""

    name: Annotated[str, Field(min_length=1)]
    arguments: str


class CalledCustom(CallHints):
    """A custom tool and the text the model wrote for it."""

    name: Annotated[str, Field(min_length=1)]
    input: str


class CalledTool(CallHints):
    """A call in an earlier answer."""

    id: Annotated[str, Field(min_length=1)]
    type: Literal["function", "custom"] = "function"
    function: CalledFunction | None = None
    custom: CalledCustom | None = None

    def to_core(self, path: str) -> ToolCall:
        other = "custom" if self.type == "function" else "function"
        if getattr(self, other) is not None:
            param = f"{path}.{other}"
            raise InvalidRequest(f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")
        if self.type == "function" and self.function is not None:
            return ToolCall(self.id, self.function.name, self.function.arguments)
        if self.type == "custom" and self.custom is not None:
            return ToolCall(self.id, self.custom.name, custom_arguments(self.custom.input))
        raise missing(f"{path}.{self.type}")


class ChatMessage(MessageHints):
    """One message; `developer` is OpenAI's newer word for `system`, `function` its older one for `tool`."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | Annotated[list[ContentPart], Field(min_length=1)] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[CalledTool] | None = None
    function_call: CalledFunction | None = None
    tool_call_id: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    annotations: list[Any] | None = None
    audio: Annotated[None, unsupported("Audio output is not supported")] = None

    def check(self, path: str) -> None:
        """What pydantic can't see: fields that do not go with the role, or are missing for it."""
        for name in sorted(self.model_fields_set & ONLY.keys()):
            if ONLY[name] != self.role and getattr(self, name) not in (None, []):
                message = f"Invalid parameter: '{name}' is for messages with role '{ONLY[name]}', not '{self.role}'."
                raise invalid_value(f"{path}.{name}", message)
        answered = self.role == "assistant" and (self.tool_calls or self.function_call or self.refusal is not None)
        if self.content is None and not answered and self.role != "function":
            raise missing(f"{path}.content")
        if self.role == "function" and self.name is None:
            raise missing(f"{path}.name")
        if self.role == "tool" and self.tool_call_id is None:
            raise missing(f"{path}.tool_call_id")

    @property
    def participant(self) -> str | None:
        """Who speaks, where that is told. A name that repeats the role tells nothing."""
        repeats = self.name is not None and self.name.lower() == self.role
        return None if self.role == "function" or repeats else self.name

    async def parts(self, path: str, images: ImageLoader) -> tuple[Part, ...]:
        if self.content is None:
            return (Text(self.refusal),) if self.refusal else ()
        if isinstance(self.content, str):
            return (Text(self.content),)
        allowed = PARTS[self.role]
        for place, part in enumerate(self.content):
            if part.type not in allowed:
                message = (
                    f"Invalid value: '{part.type}'. Supported values for role '{self.role}' are: {quoted(allowed)}."
                )
                raise invalid_value(f"{path}.content[{place}].type", message)
        loader = images.returned() if self.role == "tool" else images
        return tuple(
            [await part.to_core(f"{path}.content[{place}]", loader) for place, part in enumerate(self.content)]
        )


async def to_core(messages: Sequence[ChatMessage], images: ImageLoader) -> tuple[Message, ...]:
    """The conversation, with every result next to a call it answers.

    Raises:
        InvalidRequest: naming the field of the message.
    """
    calls = Calls()
    result = []
    for place, message in enumerate(messages):
        path = f"messages[{place}]"
        message.check(path)
        if message.role not in ("tool", "function"):
            calls.expect_none(path)
        role: Role = ROLES.get(message.role) or "user"
        result.append(
            Message(
                role=role,
                content=await message.parts(path, images),
                name=message.participant,
                reasoning=message.reasoning or message.reasoning_content,
                tool_calls=calls.made(message, path),
                tool_call_id=calls.answered(message, path),
            )
        )
    calls.expect_none("messages")
    return tuple(result)


ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}


class Calls:
    """The calls of the conversation, and which of them have no result yet."""

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}
        self._count = 0

    def made(self, message: ChatMessage, path: str) -> tuple[ToolCall, ...]:
        """The calls of a message. A legacy one has no id: it gets one."""
        calls = tuple(
            call.to_core(f"{path}.tool_calls[{place}]") for place, call in enumerate(message.tool_calls or ())
        )
        if message.function_call:
            self._count += 1
            call = message.function_call
            calls = (*calls, ToolCall(f"function_call_{self._count}", call.name, call.arguments))
        for call_made in calls:
            if call_made.id in self._waiting:
                text = f"Invalid '{path}.tool_calls': two calls have the id '{call_made.id}'."
                raise invalid_value(f"{path}.tool_calls", text)
            self._waiting[call_made.id] = call_made.name
        return calls

    def answered(self, message: ChatMessage, path: str) -> str | None:
        """The id of the call that a message is the result of."""
        if message.role == "tool":
            if message.tool_call_id not in self._waiting:
                text = (
                    f"Invalid parameter: '{path}' has role 'tool', but no call with the id '{message.tool_call_id}' "
                    "comes before it that waits for a result."
                )
                raise invalid_value(f"{path}.tool_call_id", text)
            del self._waiting[message.tool_call_id]
            return message.tool_call_id
        if message.role == "function":
            for identifier, name in self._waiting.items():
                if name == message.name:
                    del self._waiting[identifier]
                    return identifier
            text = (
                f"Invalid parameter: '{path}' has role 'function', but no call of '{message.name}' comes before it."
            )
            raise invalid_value(f"{path}.name", text)
        return None

    def expect_none(self, path: str) -> None:
        """Every call has to be answered before the conversation goes on."""
        if self._waiting:
            text = (
                "An assistant message with 'tool_calls' has to be followed by a message with role 'tool' for each. "
                f"These have none: {', '.join(self._waiting)}."
            )
            raise invalid_value(path, text)


def missing(path: str) -> InvalidRequest:
    return InvalidRequest(f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter")


def quoted(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
