"""The items of an input: read strictly, and kept in the form in which a client gets them back."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from puna.api.no_ops import CallHints, MessageHints, PartHints
from puna.api.openai.responses.identifier import new_id
from puna.http.body import Lenient

Stored = dict[str, Any]
"""An item as it is kept: OpenAI's wire form, always with an `id`."""
Status = Literal["in_progress", "completed", "incomplete"]
Object = dict[str, JsonValue]


class InputText(PartHints):
    type: Literal["input_text"]
    text: str
    prompt_cache_breakpoint: Object | None = None

    def stored(self) -> Stored:
        return {"type": "input_text", "text": self.text}


class InputImage(PartHints):
    type: Literal["input_image"]
    image_url: str | None = None
    file_id: str | None = None
    detail: Literal["low", "high", "auto", "original"] | None = None
    prompt_cache_breakpoint: Object | None = None

    def stored(self) -> Stored:
        return {
            "type": "input_image",
            "detail": self.detail or "auto",
            "file_id": self.file_id,
            "image_url": self.image_url,
        }


class InputFile(PartHints):
    type: Literal["input_file"]
    file_data: str | None = None
    filename: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    detail: Literal["auto", "low", "high"] | None = None
    prompt_cache_breakpoint: Object | None = None

    def stored(self) -> Stored:
        names = ("file_data", "filename", "file_id", "file_url")
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return {"type": "input_file", **given}


class OutputText(PartHints):
    type: Literal["output_text"]
    text: str
    logprobs: list[Object] | None = None

    def stored(self) -> Stored:
        return output_text(self.text)


class Refusal(PartHints):
    type: Literal["refusal"]
    refusal: str

    def stored(self) -> Stored:
        return refusal(self.refusal)


InputPart = Annotated[InputText | InputImage | InputFile, Field(discriminator="type")]
Part = Annotated[InputText | InputImage | InputFile | OutputText | Refusal, Field(discriminator="type")]


class MessageItem(MessageHints):
    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: str | list[Part]
    id: str | None = None
    status: Status | None = None
    phase: Literal["commentary", "final_answer"] | None = None

    def stored(self) -> Stored:
        return {
            "type": "message",
            "id": self.id or new_id("msg"),
            "role": self.role,
            "status": self.status or "completed",
            "content": self._content(),
            **({"phase": self.phase} if self.phase else {}),
        }

    def _content(self) -> list[Stored]:
        """The parts; those of an assistant are output."""
        answer = self.role == "assistant"
        if isinstance(self.content, str):
            return [output_text(self.content) if answer else {"type": "input_text", "text": self.content}]
        parts = [part.stored() for part in self.content]
        return [output_text(part["text"]) if answer and part["type"] == "input_text" else part for part in parts]


class Call(CallHints):
    """What the calls of functions and of custom tools have in common."""

    call_id: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    namespace: str | None = None
    id: str | None = None
    status: Status | None = None
    caller: Object | None = None

    @property
    def names(self) -> Stored:
        """Its name, and that of its namespace where it has one."""
        return {"name": self.name, **({} if self.namespace is None else {"namespace": self.namespace})}


class FunctionCall(Call):
    type: Literal["function_call"]
    arguments: str

    def stored(self) -> Stored:
        return {
            "type": "function_call",
            "id": self.id or new_id("fc"),
            "call_id": self.call_id,
            **self.names,
            "arguments": self.arguments,
            "status": self.status or "completed",
        }


class CustomToolCall(Call):
    type: Literal["custom_tool_call"]
    input: str

    def stored(self) -> Stored:
        return {
            "type": "custom_tool_call",
            "id": self.id or new_id("ctc"),
            "call_id": self.call_id,
            **self.names,
            "input": self.input,
            "status": self.status or "completed",
        }


class CallOutput(CallHints):
    """The result of a call."""

    type: Literal["function_call_output", "custom_tool_call_output"]
    call_id: Annotated[str, Field(min_length=1)]
    output: str | list[InputPart]
    name: str | None = None
    namespace: str | None = None
    id: str | None = None
    status: Status | None = None
    caller: Object | None = None

    def stored(self) -> Stored:
        output = self.output if isinstance(self.output, str) else [part.stored() for part in self.output]
        return {
            "type": self.type,
            "id": self.id or new_id("fco" if self.type == "function_call_output" else "ctco"),
            "call_id": self.call_id,
            "output": output,
            "status": self.status or "completed",
        }


class SummaryText(Lenient):
    type: Literal["summary_text"]
    text: str


class ReasoningText(Lenient):
    type: Literal["reasoning_text"]
    text: str


class ReasoningItem(Lenient):
    type: Literal["reasoning"]
    summary: list[SummaryText]
    id: str | None = None
    content: list[ReasoningText] | None = None
    encrypted_content: str | None = None
    status: Status | None = None

    def stored(self) -> Stored:
        item: Stored = {
            "type": "reasoning",
            "id": self.id or new_id("rs"),
            "summary": [part.model_dump() for part in self.summary],
            "status": self.status or "completed",
        }
        if self.content:
            item["content"] = [part.model_dump() for part in self.content]
        if self.encrypted_content:
            item["encrypted_content"] = self.encrypted_content
        return item


class CompactionItem(Lenient):
    type: Literal["compaction"]
    encrypted_content: str
    id: str | None = None

    def stored(self) -> Stored:
        return {"type": "compaction", "id": self.id or new_id("cmp"), "encrypted_content": self.encrypted_content}


class ItemReference(Lenient):
    type: Literal["item_reference"] | None = None
    id: str

    def stored(self) -> Stored:
        return {"type": "item_reference", "id": self.id}


def output_text(text: str, logprobs: Sequence[Mapping[str, Any]] = ()) -> Stored:
    """A piece of an assistant's answer."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": list(logprobs)}


def refusal(text: str) -> Stored:
    """What an assistant says in the place of an answer."""
    return {"type": "refusal", "refusal": text}
