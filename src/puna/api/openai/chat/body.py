"""The body of a chat completion request."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from puna.api.functions import Function, FunctionTool, check_names
from puna.api.openai import defaults
from puna.api.openai.chat.messages import ChatMessage, to_core
from puna.api.openai.chat.tools import Custom, CustomTool, GivenChoice, GivenTool, Named, legacy_choice, tool_choice
from puna.api.openai.no_ops import NoOps
from puna.api.openai.verbosity import Verbosity, with_verbosity
from puna.core.errors import InvalidRequest
from puna.core.formats import Format, FreeText, JsonObject, JsonSchema
from puna.core.requests import ChatRequest, Effort
from puna.core.sampling import Sampling
from puna.core.tools import Tool, ToolChoice
from puna.http.body import Body, WritableObject, unsupported
from puna.images.load import ImageLoader

Stop = Annotated[str, Field(min_length=1)]


class StreamOptions(Body):
    """What a stream carries beside the deltas. Nothing is obfuscated here, whatever the second field says."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class Schema(Body):
    """A named JSON Schema. It is always kept to, `strict` or not."""

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]
    description: str | None = None
    json_schema: WritableObject | None = Field(default=None, alias="schema")
    strict: bool | None = None


class ResponseFormat(Body):
    """The form of the answer."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: Schema | None = None

    def to_core(self) -> Format:
        if self.type == "json_schema":
            if self.json_schema is None:
                path = "response_format.json_schema"
                message = f"Missing required parameter: '{path}'."
                raise InvalidRequest(message, param=path, code="missing_required_parameter")
            return JsonSchema(schema=self.json_schema.json_schema or {"type": "object"}, name=self.json_schema.name)
        if self.json_schema is not None:
            path = "response_format.json_schema"
            raise InvalidRequest(f"Unknown parameter: '{path}'.", param=path, code="unknown_parameter")
        return JsonObject() if self.type == "json_object" else FreeText()


class Reasoning(Body):
    """How much to think, in the words of the Responses API."""

    effort: Effort | None = None


class ChatBody(NoOps):
    """The request's body. Ranges are OpenAI's."""

    media: ClassVar[bool] = True
    model: Annotated[str, Field(min_length=1)]
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    top_k: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)] | None = None
    repeat_penalty: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] | None = None
    max_tokens: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=4)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    response_format: ResponseFormat | None = None
    tools: Annotated[list[GivenTool], Field(max_length=128)] | None = None
    tool_choice: GivenChoice | None = None
    parallel_tool_calls: bool | None = None
    functions: Annotated[list[Function], Field(min_length=1, max_length=128)] | None = None
    function_call: Literal["none", "auto"] | Named | None = None
    reasoning_effort: Effort | None = None
    reasoning: Reasoning | None = None
    verbosity: Verbosity | None = None
    modalities: list[Literal["text"]] | None = None
    audio: Annotated[None, unsupported("No model here speaks")] = None
    web_search_options: Annotated[None, unsupported("Nothing here searches the web")] = None
    moderation: Annotated[None, unsupported("No model here moderates")] = None

    @model_validator(mode="after")
    def check(self) -> Self:
        """Fields that need one another, or exclude one another."""
        if self.top_logprobs is not None and not self.logprobs:
            raise contradiction("top_logprobs", "'top_logprobs' is only allowed when 'logprobs' is true.")
        if self.stream_options is not None and not self.stream:
            raise contradiction("stream_options", "'stream_options' is only allowed when 'stream' is true.")
        if self.functions is not None and self.tools is not None:
            raise contradiction("functions", "'functions' is the older form of 'tools': only one of them is allowed.")
        if self.functions is not None and self.tool_choice is not None:
            raise contradiction("tool_choice", "'tool_choice' is for 'tools'; with 'functions' use 'function_call'.")
        if self.function_call is not None and self.functions is None:
            raise contradiction("function_call", "'function_call' is only allowed when 'functions' are specified.")
        if self.parallel_tool_calls is not None and not self.tools:
            raise contradiction("parallel_tool_calls", "'parallel_tool_calls' is only allowed with 'tools'.")
        if self.reasoning and self.reasoning.effort and self.reasoning_effort not in (None, self.reasoning.effort):
            raise contradiction("reasoning.effort", "'reasoning.effort' and 'reasoning_effort' are not the same.")
        return self

    async def to_core(self, images: ImageLoader) -> ChatRequest:
        """The request; pictures are fetched on the way.

        Raises:
            InvalidRequest: naming the field.
        """
        tools = self._tools()
        return ChatRequest(
            messages=with_verbosity(await to_core(self.messages, images), self.verbosity),
            sampling=self._sampling(),
            defaults=defaults.CHAT,
            choices=self.n or 1,
            logprobs=(self.top_logprobs or 0) if self.logprobs else None,
            tools=tools,
            tool_choice=self._tool_choice(tools),
            parallel_tool_calls=self.functions is None and self.parallel_tool_calls is not False,
            format=self.response_format.to_core() if self.response_format else FreeText(),
            effort=self.reasoning_effort or (self.reasoning.effort if self.reasoning else None),
        )

    @property
    def custom(self) -> frozenset[str]:
        """The names of the tools that take a text."""
        return frozenset(tool.custom.name for tool in self.tools or () if isinstance(tool, CustomTool))

    def _tools(self) -> tuple[Tool, ...]:
        if self.functions is not None:
            tools = tuple(function.to_core() for function in self.functions)
        else:
            tools = tuple(described(tool).to_core() for tool in self.tools or ())
        check_names(tools, "functions" if self.functions else "tools")
        return tools

    def _tool_choice(self, tools: tuple[Tool, ...]) -> ToolChoice:
        if self.functions is not None:
            return legacy_choice(self.function_call, tools)
        return tool_choice(self.tool_choice, {described(tool).name: tool.type for tool in self.tools or ()})

    def _sampling(self) -> Sampling:
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            min_p=self.min_p,
            frequency_penalty=self.frequency_penalty,
            presence_penalty=self.presence_penalty,
            repeat_penalty=self.repeat_penalty,
            max_tokens=min(filter(None, (self.max_completion_tokens, self.max_tokens)), default=None),
            stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop) if self.stop else None,
            seed=self.seed,
            logit_bias=read_bias(self.logit_bias) if self.logit_bias else None,
        )


def described(tool: FunctionTool | CustomTool) -> Function | Custom:
    """What the tool is, under its type."""
    return tool.custom if isinstance(tool, CustomTool) else tool.function


def read_bias(bias: dict[str, float]) -> tuple[tuple[int, float], ...]:
    """Token ids and what is added to their logits. OpenAI's -100 bans and its 100 forces: both are without end."""
    for token in bias:
        if not token.isascii() or not token.isdecimal():
            message = f"Invalid key in 'logit_bias': '{token}'. Expected a token id, which is a whole number."
            raise InvalidRequest(message, param="logit_bias", code="invalid_value")
    return tuple((int(token), value) for token, value in bias.items())


def contradiction(param: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, param=param, code="invalid_value")
