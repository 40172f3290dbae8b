"""POST /v1/chat/completions."""

from typing import Annotated, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.exchange import EventStream, unless_gone
from puna.api.json import JSONResponse
from puna.api.openai.body import Body, read_body
from puna.api.openai.chat_answer import ChatAnswer
from puna.core.messages import Message, Role, Text
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.inference import Inference


class TextPart(Body):
    """A piece of a message's content."""

    type: Literal["text"]
    text: str


class ChatMessage(Body):
    """One message; `developer` is OpenAI's newer word for `system`."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | Annotated[list[TextPart], Field(min_length=1)]
    name: str | None = None

    def to_core(self) -> Message:
        role: Role = "system" if self.role == "developer" else self.role
        texts = [self.content] if isinstance(self.content, str) else [part.text for part in self.content]
        return Message(role=role, content=tuple(Text(text) for text in texts), name=self.name)


class StreamOptions(Body):
    """What a stream carries beside the deltas."""

    include_usage: bool | None = None


Stop = Annotated[str, Field(min_length=1)]


class ChatBody(Body):
    """The request's body. Ranges are OpenAI's."""

    model: Annotated[str, Field(min_length=1)]
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=4)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None

    def to_core(self) -> ChatRequest:
        return ChatRequest(
            messages=tuple(message.to_core() for message in self.messages),
            sampling=Sampling(
                temperature=self.temperature,
                top_p=self.top_p,
                frequency_penalty=self.frequency_penalty,
                presence_penalty=self.presence_penalty,
                max_tokens=self.max_completion_tokens or self.max_tokens,
                stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop) if self.stop else None,
                # The engine's seeds have 32 bits, and its largest means "at random".
                seed=None if self.seed is None else self.seed % (2**32 - 1),
            ),
        )


async def create(request: Request) -> Response | ASGIApp:
    """Answer a conversation, whole or as a stream."""
    inference: Inference = request.app.state.inference
    body = await read_body(request, ChatBody)
    answer = ChatAnswer(body.model, inference.chat(body.model, body.to_core(), whole=not body.stream))
    if not body.stream:
        return JSONResponse(await unless_gone(request, answer.whole()))
    await unless_gone(request, answer.begin())
    include_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
    return EventStream(answer.stream(include_usage=include_usage))
