"""The bodies of the Responses API's requests."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, JsonValue

from puna.api.no_ops import RequestHints
from puna.api.openai.extensions import SamplingExtensions, TemplateExtensions
from puna.api.openai.responses.toolbox import Toolbox
from puna.api.openai.responses.tools import GivenChoice, GivenTool
from puna.api.openai.verbosity import Verbosity
from puna.core.effort import Effort
from puna.core.formats import Format, FreeText, JsonObject, JsonSchema
from puna.core.json import writable
from puna.http.body import Body, unsupported

Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)
]
Object = dict[str, JsonValue]
Id = Annotated[str, Field(min_length=1)]
Includable = Literal[
    "message.output_text.logprobs",
    "message.input_image.image_url",
    "reasoning.encrypted_content",
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
]
"""What may be asked for in addition. Of the tools that are not here there is nothing to add."""


class TextFormat(Body):
    type: Literal["text"]


class JsonObjectFormat(Body):
    type: Literal["json_object"]


class JsonSchemaFormat(Body):
    type: Literal["json_schema"]
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$", min_length=1, max_length=64)]
    json_schema: Annotated[dict[str, Any], Field(alias="schema")]
    description: str | None = None
    strict: bool | None = None


class TextOptions(Body):
    format: Annotated[TextFormat | JsonObjectFormat | JsonSchemaFormat, Field(discriminator="type")] | None = None
    verbosity: Verbosity | None = None

    def to_core(self) -> Format:
        match self.format:
            case JsonSchemaFormat(json_schema=schema, name=name):
                return JsonSchema(schema=schema, name=name)
            case JsonObjectFormat():
                return JsonObject()
            case _:
                return FreeText()

    def render(self) -> dict[str, Any]:
        form = TextFormat(type="text") if self.format is None else self.format
        return {"format": writable(form.model_dump(by_alias=True)), "verbosity": self.verbosity or "medium"}


class Reasoning(Body):
    """`context` says which thoughts the model sees again: those since the user last spoke, or what its template shows
    of all of them, which is also what `all_turns` gets. No local model has another `mode`."""

    effort: Effort | None = None
    context: Literal["auto", "current_turn", "all_turns"] | None = None
    mode: Literal["standard"] | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    generate_summary: Literal["auto", "concise", "detailed"] | None = None


class StreamOptions(Body):
    include_obfuscation: bool | None = None


class BackgroundOptions(Body):
    """When a background response has to be there. Here it is made at once, which is within any window."""

    completion_window: Literal["soonest", "2h", "8h"] | None = None
    continuation_id: str | None = None


class ConversationReference(Body):
    id: Id


class Prompt(TemplateExtensions, RequestHints):
    """What every request about a prompt has: what to answer, and what was said before."""

    media: ClassVar[bool] = True
    model: Annotated[str, Field(min_length=1)]
    input: str | list[Object] | None = None
    instructions: str | None = None
    previous_response_id: Id | None = None
    conversation: Id | ConversationReference | None = None
    tools: list[GivenTool] | None = None
    tool_choice: GivenChoice | None = None
    parallel_tool_calls: bool | None = None
    text: TextOptions | None = None
    reasoning: Reasoning | None = None
    truncation: Literal["auto", "disabled"] | None = None
    prompt: Annotated[None, unsupported("Stored prompts are not supported")] = None

    @property
    def conversation_id(self) -> str | None:
        given = self.conversation
        return given.id if isinstance(given, ConversationReference) else given

    @property
    def toolbox(self) -> Toolbox:
        return Toolbox(self.tools or (), self.tool_choice or "auto")

    @property
    def text_options(self) -> TextOptions:
        return self.text or TextOptions()

    @property
    def summary(self) -> Literal["auto", "concise", "detailed"] | None:
        """The summary asked for, also by the word OpenAI used before."""
        given = self.reasoning or Reasoning()
        return given.summary or given.generate_summary


class CreateBody(Prompt, SamplingExtensions):
    """POST /v1/responses. Ranges are OpenAI's."""

    background: bool | None = None
    background_options: BackgroundOptions | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)] | None = None
    include: list[Includable] | None = None
    max_output_tokens: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    max_tool_calls: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    metadata: Metadata | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: Object | None = None
    prompt_cache_retention: Literal["in_memory", "24h", "in-memory"] | None = None
    safety_identifier: Annotated[str, Field(max_length=128)] | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"] | None = None
    store: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    user: str | None = None

    @property
    def generates(self) -> bool:
        """Whether an answer is wanted, and not only a prompt that is read in advance."""
        return not (self.prompt_cache_options or {}).get("prewarm")

    @property
    def logprobs(self) -> int | None:
        """How many alternatives of each token are wanted; None: no log probabilities."""
        asked = "message.output_text.logprobs" in (self.include or ()) or self.top_logprobs
        return (self.top_logprobs or 0) if asked else None


class TurnBody(CreateBody):
    """What asks for a response over a WebSocket. It is streamed, whatever it says of that."""

    type: Literal["response.create"]
    stream_id: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    generate: bool | None = None

    @property
    def generates(self) -> bool:
        """Whether an answer is wanted, and not only a prompt that is read in advance."""
        return self.generate is not False and super().generates


class CountBody(Prompt):
    """POST /v1/responses/input_tokens."""


class CompactBody(RequestHints):
    """POST /v1/responses/compact."""

    media: ClassVar[bool] = True
    model: Annotated[str, Field(min_length=1)]
    input: str | list[Object] | None = None
    instructions: str | None = None
    previous_response_id: Id | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: Object | None = None
    prompt_cache_retention: Literal["in_memory", "24h", "in-memory"] | None = None
    service_tier: Literal["auto", "default", "flex", "priority", "fast"] | None = None
