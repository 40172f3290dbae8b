"""The bodies of the Messages API's requests."""

from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from puna.api.anthropic.blocks import Message, TextBlock
from puna.api.anthropic.conversation import Reader, found_tools
from puna.api.anthropic.defaults import DEFAULTS
from puna.api.anthropic.thinking import Enabled, Thinking, effort_of
from puna.api.anthropic.tools import Choice, GivenTool, Toolbox
from puna.api.mistakes import invalid_value
from puna.api.no_ops import MessagesNoOps
from puna.core.effort import Effort
from puna.core.errors import InvalidRequest
from puna.core.formats import Format, FreeText, JsonSchema
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.http.body import Lenient, unsupported
from puna.images.load import ImageLoader
from puna.state.seal import Seal

INTERLEAVED = "interleaved-thinking"
"""The beta of clients that think between calls."""

NO_THREADS = "thread_unsupported_request"
"""What has a client send its whole conversation, as the clients' own packages do by themselves."""


class JsonFormat(Lenient):
    """An answer that fits a schema."""

    type: Literal["json_schema"]
    json_schema: Annotated[dict[str, Any], Field(alias="schema")]


class OutputConfig(Lenient):
    """How much work an answer is worth, and its form."""

    effort: Effort | None = None
    format: JsonFormat | None = None
    task_budget: Annotated[None, unsupported("Task budgets are not supported")] = None


class KeptTurns(Lenient):
    """The thoughts of how many turns are kept."""

    type: Literal["thinking_turns"]
    value: Annotated[int, Field(ge=1)]


class AllTurns(Lenient):
    """All thoughts are kept."""

    type: Literal["all"]


class ClearThinking(Lenient):
    """What becomes of earlier thoughts: those of the last turn are kept where nothing else is said."""

    type: Literal["clear_thinking_20251015"]
    keep: Literal["all"] | Annotated[KeptTurns | AllTurns, Field(discriminator="type")] | None = None

    @property
    def kept(self) -> int | None:
        """The thoughts of how many turns are kept; None for all."""
        match self.keep:
            case KeptTurns(value=turns):
                return turns
            case None:
                return 1
            case _:
                return None


class ContextManagement(Lenient):
    """What is cleared of a long conversation."""

    edits: list[ClearThinking] | None = None


class PromptBody(MessagesNoOps, Lenient):
    """What says which prompt a request makes."""

    media: ClassVar[bool] = True
    model: Annotated[str, Field(min_length=1)]
    messages: Annotated[list[Message], Field(min_length=1)]
    system: str | list[TextBlock] | None = None
    tools: list[GivenTool] | None = None
    tool_choice: Choice | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: JsonFormat | None = None
    context_management: ContextManagement | None = None
    mcp_servers: Annotated[None, unsupported("MCP servers are not supported; connect to them yourself")] = None
    container: Annotated[None, unsupported("Running code is not supported")] = None
    compaction: Annotated[None, unsupported("Compaction is not supported")] = None
    fallbacks: Annotated[None, unsupported("Fallback models are not supported")] = None
    thread: dict[str, Any] | None = None

    @model_validator(mode="after")
    def check(self) -> Self:
        """Fields that exclude one another, and the one whose refusal has a word that clients act on."""
        if self.thread is not None:
            message = "Unsupported parameter: 'thread'. Threads are not supported; send all messages."
            raise InvalidRequest(message, param="thread", code=NO_THREADS)
        if self.output_format is not None and self.output_config is not None and self.output_config.format:
            raise invalid_value("output_format", "'output_format' is the older name of 'output_config.format'.")
        return self

    @cached_property
    def toolbox(self) -> Toolbox:
        """The request's tools."""
        return Toolbox(self.tools or (), self.tool_choice, found_tools(self.messages))

    async def prompt(self, seal: Seal, images: ImageLoader) -> ChatRequest:
        """The request as far as it makes the prompt; pictures are fetched on the way.

        Raises InvalidRequest, naming the field.
        """
        toolbox = self.toolbox
        toolbox.check()
        tools = toolbox.tools
        reader = Reader(seal, images)
        return ChatRequest(
            messages=await reader.conversation(self.system, self.messages),
            defaults=DEFAULTS,
            tools=tools,
            tool_choice=toolbox.choice,
            parallel_tool_calls=toolbox.parallel,
            format=self.format,
            effort=effort_of(self.thinking, self.output_config.effort if self.output_config else None),
            thinking_tokens=self.thinking.budget_tokens if isinstance(self.thinking, Enabled) else None,
        )

    @property
    def format(self) -> Format:
        """The form of the answer."""
        given = self.output_format or (self.output_config.format if self.output_config else None)
        return FreeText() if given is None else JsonSchema(schema=given.json_schema)

    @property
    def kept_thoughts(self) -> int | None:
        """How many turns keep what was thought in them; None for all."""
        edits = (self.context_management.edits if self.context_management else None) or ()
        return min((edit.kept for edit in edits if edit.kept is not None), default=None)

    @property
    def omits_thoughts(self) -> bool:
        """Whether thoughts come as their signature alone."""
        return getattr(self.thinking, "display", None) == "omitted"


class CountBody(PromptBody):
    """A prompt to be counted."""


class MessagesBody(PromptBody):
    """A prompt to be answered, or with `max_tokens` 0 to be read alone, for the cache. Ranges are Anthropic's."""

    max_tokens: Annotated[int, Field(ge=0, lt=2**31)]
    stream: bool | None = None
    stop_sequences: list[Annotated[str, Field(min_length=1)]] | None = None
    temperature: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    top_k: Annotated[int, Field(ge=0, lt=2**31)] | None = None

    def check_budget(self, betas: str) -> None:
        """What is thought is part of what may be said, unless the client thinks between its calls as well: then the
        budget is that of all its turns. Raises InvalidRequest."""
        if isinstance(self.thinking, Enabled) and self.thinking.budget_tokens >= self.max_tokens:
            if INTERLEAVED in betas and self.tools:
                return
            message = "'max_tokens' has to be greater than 'thinking.budget_tokens'."
            raise invalid_value("thinking.budget_tokens", message)

    @property
    def sampling(self) -> Sampling:
        """The settings that the request gives."""
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            stop=tuple(self.stop_sequences) if self.stop_sequences else None,
            max_tokens=max(1, self.max_tokens),
        )
