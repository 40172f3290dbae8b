"""The body of a chat completion request."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from puna.api.functions import Function, FunctionTool, check_names
from puna.api.no_ops import NoOps
from puna.api.openai import defaults
from puna.api.openai.chat.messages import ChatMessage, to_core
from puna.api.openai.chat.tools import Custom, CustomTool, GivenChoice, GivenTool, Name, legacy_choice, tool_choice
from puna.api.openai.generation import GenerationBody, contradiction
from puna.api.openai.verbosity import Verbosity, with_verbosity
from puna.core.effort import Effort
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.core.tools import Tool, ToolChoice
from puna.http.body import Body, unsupported
from puna.images.load import ImageLoader


class Reasoning(Body):
    """How much to think, in the words of the Responses API."""

    effort: Effort | None = None


class ChatBody(GenerationBody, NoOps):
    """The request's body. Ranges are OpenAI's."""

    media: ClassVar[bool] = True
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    tools: Annotated[list[GivenTool], Field(max_length=128)] | None = None
    tool_choice: GivenChoice | None = None
    parallel_tool_calls: bool | None = None
    functions: Annotated[list[Function], Field(min_length=1, max_length=128)] | None = None
    function_call: Literal["none", "auto"] | Name | None = None
    reasoning_effort: Effort | None = None
    reasoning: Reasoning | None = None
    verbosity: Verbosity | None = None
    modalities: list[Literal["text"]] | None = None
    audio: Annotated[None, unsupported("Audio output is not supported")] = None
    web_search_options: Annotated[None, unsupported("Web search is not supported")] = None
    moderation: Annotated[None, unsupported("Moderation is not supported")] = None

    @model_validator(mode="after")
    def check(self) -> Self:
        """Fields that need one another, or exclude one another."""
        if self.top_logprobs is not None and not self.logprobs:
            raise contradiction("top_logprobs", "'top_logprobs' is only allowed when 'logprobs' is true.")
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
            format=self.format,
            effort=self.reasoning_effort or (self.reasoning.effort if self.reasoning else None),
        )

    @property
    def custom(self) -> frozenset[str]:
        """The names of the tools that take a text."""
        return frozenset(tool.name for tool in self.tools or () if isinstance(tool, CustomTool))

    def _tools(self) -> tuple[Tool, ...]:
        if self.functions is not None:
            tools = tuple(function.to_core() for function in self.functions)
        else:
            tools = tuple(described(tool).to_core() for tool in self.tools or ())
        check_names((tool.name for tool in tools), "functions[{}]" if self.functions else "tools[{}]")
        return tools

    def _tool_choice(self, tools: tuple[Tool, ...]) -> ToolChoice:
        if self.functions is not None:
            return legacy_choice(self.function_call, tools)
        return tool_choice(self.tool_choice, self.tools or ())

    def _sampling(self) -> Sampling:
        return replace(
            self.sampling,
            max_tokens=min(filter(None, (self.max_completion_tokens, self.max_tokens)), default=None),
        )


def described(tool: FunctionTool | CustomTool) -> Function | Custom:
    """What the tool is, under its type."""
    return tool.custom if isinstance(tool, CustomTool) else tool.function
