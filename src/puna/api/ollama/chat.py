"""POST /api/chat."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.functions import FunctionTool, NamedFunction, check_names
from puna.api.mistakes import invalid_value
from puna.api.no_ops import CallHints, MessageHints
from puna.api.ollama.answer import Piece, answer_rows
from puna.api.ollama.generation import GenerationBody, parts
from puna.api.ollama.options import DEFAULTS
from puna.api.ollama.reply import Reply
from puna.core.json import write
from puna.core.messages import Message, Role, ToolCall
from puna.core.requests import ChatRequest
from puna.core.tools import Tool, ToolChoice
from puna.http.body import read_body
from puna.images.load import ImageLoader


class CalledFunction(CallHints):
    """A function and the arguments that the model gave it."""

    name: str
    arguments: dict[str, Any] | None = None
    description: str | None = None


class Called(CallHints):
    """A call in an earlier answer."""

    id: str | None = None
    type: Literal["function", ""] | None = None
    function: CalledFunction


def lowered(role: Any) -> Any:
    """Roles are taken in any case, as Ollama does."""
    return role.lower() if isinstance(role, str) else role


class ChatMessage(MessageHints):
    """One message."""

    role: Annotated[Literal["system", "user", "assistant", "tool"], BeforeValidator(lowered)]
    content: str | None = None
    thinking: str | None = None
    images: list[str] | None = None
    tool_calls: list[Called] | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None


class ChatBody(GenerationBody):
    """The request's body. Without messages it only loads the model, or unloads it with `keep_alive` 0."""

    messages: list[ChatMessage] | None = None
    tools: list[FunctionTool] | None = None
    tool_choice: Literal["", "none", "auto", "required", "any"] | NamedFunction | None = None

    async def to_core(self, images: ImageLoader) -> ChatRequest:
        """The request. Raises InvalidRequest, naming the field."""
        return ChatRequest(
            messages=await conversation(self.messages or (), images),
            defaults=DEFAULTS,
            logprobs=self.alternatives,
            tools=self._tools(),
            tool_choice=self._tool_choice(),
            format=self.core_format,
            effort=self.effort,
        )

    def _tools(self) -> tuple[Tool, ...]:
        tools = tuple(tool.function.to_core() for tool in self.tools or ())
        check_names((tool.name for tool in tools), "tools[{}]")
        return tools

    def _tool_choice(self) -> ToolChoice:
        """Whether a tool is called: Ollama has no field for it, but clients send OpenAI's. `any` is another word for
        `required`."""
        match self.tool_choice:
            case NamedFunction(name=name):
                if name not in {tool.name for tool in self.tools or ()}:
                    raise invalid_value("tool_choice", f"Invalid 'tool_choice': '{name}' is none of 'tools'.")
                return ToolChoice(mode="required", names=(name,))
            case "required" | "any":
                if not self.tools:
                    raise invalid_value("tool_choice", "'tool_choice' can't be 'required' without 'tools'.")
                return ToolChoice(mode="required")
            case "none":
                return ToolChoice(mode="none")
            case _:
                return ToolChoice()


async def conversation(messages: Sequence[ChatMessage], images: ImageLoader) -> tuple[Message, ...]:
    """The messages. Native ones need no ids: a result then answers the first call of its tool that has none."""
    result: list[Message] = []
    waiting: list[ToolCall] = []
    for place, message in enumerate(messages):
        calls = tuple(
            ToolCall(
                call.id or f"call_{place}_{number}",
                call.function.name,
                write(call.function.arguments or {}).decode(),
            )
            for number, call in enumerate(message.tool_calls or ())
        )
        waiting += calls
        role: Role = message.role
        result.append(
            Message(
                role=role,
                content=await parts(
                    message.content or "",
                    message.images,
                    f"messages[{place}].images",
                    images.returned() if role == "tool" else images,
                ),
                name=message.tool_name or None,
                reasoning=message.thinking or None,
                tool_calls=calls,
                tool_call_id=answered(message, waiting) if role == "tool" else None,
            )
        )
    return tuple(result)


def answered(message: ChatMessage, waiting: list[ToolCall]) -> str:
    """The id of the call that a result answers, which is taken from those that wait."""
    for call in waiting:
        if message.tool_call_id in (None, "", call.id) and message.tool_name in (None, "", call.name):
            waiting.remove(call)
            return call.id
    return message.tool_call_id or "call"


def render(piece: Piece) -> dict[str, Any]:
    """A piece as a message of the assistant."""
    message: dict[str, Any] = {"role": "assistant", "content": piece.text}
    if piece.thinking:
        message["thinking"] = piece.thinking
    if piece.calls:
        message["tool_calls"] = list(piece.calls)
    return {"message": message}


async def create(request: Request) -> Response | ASGIApp:
    """Answer a conversation."""
    body = await read_body(request, ChatBody)
    reply = Reply(request, body, render)
    if not body.messages:
        return await reply.to_nothing()
    reply.check("chat")
    core = await body.to_core(reply.images)
    events = reply.inference.chat(body.model, core, whole=reply.whole, **reply.engine_use)
    return await reply.send(answer_rows(body.model, events, render))
