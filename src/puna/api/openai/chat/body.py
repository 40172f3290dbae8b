"""The body of a chat completion request."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from puna.api.functions import Function, FunctionTool, Name, check_names
from puna.api.mistakes import invalid_value
from puna.api.no_ops import NoOps
from puna.api.openai import defaults
from puna.api.openai.chat.messages import ChatMessage, to_core
from puna.api.openai.chat.tools import Custom, CustomTool, GivenChoice, GivenTool, legacy_choice, tool_choice
from puna.api.openai.extensions import TemplateExtensions, only
from puna.api.openai.generation import GenerationBody
from puna.api.openai.verbosity import Verbosity, with_verbosity
from puna.core.effort import Effort
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.core.tools import Tool, ToolChoice
from puna.http.body import Body, unsupported
from puna.images.load import ImageLoader


class Reasoning(Body):
    """How much to think, in the words of the Responses API and of OpenRouter."""

    effort: Effort | None = None
    enabled: bool | None = None
    exclude: bool | None = None
    max_tokens: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None


class PredictedPart(Body):
    """A piece of a predicted text."""

    type: Literal["text"]
    text: str


class Prediction(Body):
    """A text that the answer will repeat in large part, such as a file that is to be changed."""

    type: Literal["content"]
    content: str | list[PredictedPart]

    @property
    def text(self) -> str:
        """All of it."""
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)


class ChatBody(GenerationBody, TemplateExtensions, NoOps):
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
    include_reasoning: bool | None = None
    add_generation_prompt: bool | None = None
    continue_final_message: bool | None = None
    verbosity: Verbosity | None = None
    prediction: Prediction | None = None
    modalities: list[Literal["text"]] | None = None
    audio: Annotated[None, unsupported("Audio output is not supported")] = None
    echo: Annotated[None, only(False)] = None
    add_special_tokens: Annotated[None, only(False)] = None
    web_search_options: Annotated[None, unsupported("Web search is not supported")] = None
    moderation: Annotated[None, unsupported("Moderation is not supported")] = None

    @model_validator(mode="after")
    def check(self) -> Self:
        """Fields that need one another, or exclude one another."""
        if self.top_logprobs is not None and not self.logprobs:
            raise invalid_value("top_logprobs", "'top_logprobs' is only allowed when 'logprobs' is true.")
        if self.functions is not None and self.tools is not None:
            raise invalid_value("functions", "'functions' is the older form of 'tools': only one of them is allowed.")
        if self.functions is not None and self.tool_choice is not None:
            raise invalid_value("tool_choice", "'tool_choice' is for 'tools'; with 'functions' use 'function_call'.")
        if self.function_call is not None and self.functions is None:
            raise invalid_value("function_call", "'function_call' is only allowed when 'functions' are specified.")
        if self.parallel_tool_calls is not None and not self.tools:
            raise invalid_value("parallel_tool_calls", "'parallel_tool_calls' is only allowed with 'tools'.")
        if self.reasoning and self.reasoning.effort and self.reasoning_effort not in (None, self.reasoning.effort):
            raise invalid_value(
                "reasoning.effort", "'reasoning.effort' and 'reasoning_effort' differ: give only one of them."
            )
        self._check_end()
        return self

    def _check_end(self) -> None:
        """Raises InvalidRequest where the conversation does not end as is said: a last answer is always continued."""
        answered = self.messages[-1].role == "assistant"
        if self.continue_final_message and (not answered or self.add_generation_prompt):
            why = (
                "it contradicts 'add_generation_prompt'" if answered else "the last message is not from the assistant"
            )
            raise invalid_value("continue_final_message", f"'continue_final_message' can't be true: {why}.")
        if self.continue_final_message is False and answered:
            message = "'continue_final_message' can't be false: a last message of the assistant is continued here."
            raise invalid_value("continue_final_message", message)

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
            effort=self._effort,
            thinking_tokens=self._thinking_tokens,
            template_variables=self.template_variables,
            prediction=self.prediction.text if self.prediction else "",
            generation_prompt=self.add_generation_prompt is not False or self.messages[-1].role == "assistant",
        )

    @property
    def thoughts_wanted(self) -> bool:
        """Whether the answer is to have the model's thinking in it."""
        return self.include_reasoning is not False and not (self.reasoning and self.reasoning.exclude)

    @property
    def _effort(self) -> Effort | None:
        given = self.reasoning or Reasoning()
        effort = self.reasoning_effort or given.effort
        if effort is None and given.enabled is not None:
            effort = "medium" if given.enabled else "none"
        return self.extended_effort(effort)

    @property
    def _thinking_tokens(self) -> int | None:
        if self.reasoning and self.reasoning.max_tokens is not None:
            return self.reasoning.max_tokens
        return self.thinking.budget_tokens if self.thinking else None

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
