"""The fields that chat completions and completions have in common."""

from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, Field, model_validator

from puna.api.mistakes import invalid_value
from puna.api.no_ops import RequestHints
from puna.api.openai.extensions import FormExtensions, SamplingExtensions, same_thing
from puna.core.errors import InvalidRequest
from puna.core.formats import Format, FreeText, JsonObject, JsonSchema
from puna.core.sampling import Sampling
from puna.http.body import Body

Stop = Annotated[str, Field(min_length=1)]
MOST_STOPS = 128
"""OpenAI has 4; clients send all that they know."""


class StreamOptions(Body):
    """What a stream carries beside the deltas. Nothing is obfuscated here, whatever the second field says."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class UsageWanted(Body):
    """OpenRouter's way to ask what a request took, which only a stream does not say anyway."""

    include: bool | None = None


class Schema(Body):
    """A named JSON Schema. It is always kept to, `strict` or not."""

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]
    description: str | None = None
    json_schema: dict[str, Any] | None = Field(default=None, alias="schema")
    strict: bool | None = None


class ResponseFormat(Body):
    """The form of the answer. `json_object` with a `schema` is llama-server's way to say a schema, with a `value`
    that of Hugging Face's servers."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: Schema | None = None
    bare_schema: Annotated[dict[str, Any] | None, Field(validation_alias=AliasChoices("schema", "value"))] = None

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
        if self.bare_schema is not None:
            if self.type == "text":
                path = "response_format.schema"
                raise InvalidRequest(f"Unknown parameter: '{path}'.", param=path, code="unknown_parameter")
            return JsonSchema(schema=self.bare_schema)
        return JsonObject() if self.type == "json_object" else FreeText()


class GenerationBody(SamplingExtensions, FormExtensions, RequestHints):
    """The body of both. Ranges are OpenAI's."""

    model: Annotated[str, Field(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    usage: UsageWanted | None = None
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)] | None = None
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]] | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=MOST_STOPS)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    response_format: ResponseFormat | None = None

    @model_validator(mode="after")
    def check_stream_options(self) -> Self:
        """Options of a stream need a stream."""
        if self.stream_options is not None and not self.stream:
            raise invalid_value("stream_options", "'stream_options' is only allowed when 'stream' is true.")
        return self

    @property
    def includes_usage(self) -> bool:
        """Whether the stream's last chunk says what the request took."""
        asked = self.stream_options is not None and bool(self.stream_options.include_usage)
        return asked or (self.usage is not None and bool(self.usage.include))

    @property
    def format(self) -> Format:
        """The form of the answer. Raises InvalidRequest."""
        found = self.extended_form
        form = self.response_format.to_core() if self.response_format else FreeText()
        if found and not isinstance(form, FreeText):
            raise same_thing(found[0], "response_format")
        return found[1] if found else form

    @property
    def form_field(self) -> str:
        """The field that has the form of the answer: its schema, or its grammar."""
        if found := self.extended_form:
            return found[0]
        bare = self.response_format is not None and self.response_format.bare_schema is not None
        return "response_format.schema" if bare else "response_format.json_schema.schema"

    @property
    def sampling(self) -> Sampling:
        """The settings that both have. Raises InvalidRequest."""
        return replace(
            self.extended,
            temperature=self.temperature,
            top_p=self.top_p,
            frequency_penalty=self.frequency_penalty,
            presence_penalty=self.presence_penalty,
            stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop) if self.stop else None,
            seed=self.seed,
            logit_bias=read_bias(self.logit_bias) if self.logit_bias else None,
        )


def read_bias(bias: dict[str, float]) -> tuple[tuple[int, float], ...]:
    """Token ids and what is added to their logits. OpenAI's -100 bans and its 100 forces: both are without end."""
    for token in bias:
        if not token.isascii() or not token.isdecimal() or len(token) > 18:
            message = f"Invalid key in 'logit_bias': '{token}'. Expected a token id, which is a whole number."
            raise invalid_value("logit_bias", message)
    return tuple((int(token), value) for token, value in bias.items())
