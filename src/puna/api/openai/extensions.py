"""Request fields that vLLM, llama-server and OpenRouter have beside OpenAI's, and clients put into `extra_body`.

What can act here acts. What can't may only be given as it is where nobody sets it: it would change the answer.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

import orjson
from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from puna.api.mistakes import invalid_value
from puna.core.effort import Effort
from puna.core.errors import InvalidRequest
from puna.core.formats import Format, FormedText, JsonObject, JsonSchema
from puna.core.sampling import Sampling
from puna.core.tools import TextGrammar
from puna.http.body import Body, Lenient, unsupported

Schema = dict[str, Any]
RESERVED = frozenset({"messages", "tools", "add_generation_prompt", "bos_token", "eos_token"})
"""Variables of a chat template that say what the request itself says."""
OTHER_LEVELS = "The engine does not support it"


def only(*values: Any) -> BeforeValidator:
    """Marks a field that may have no value but these, which say what holds without it."""

    def check(value: Any) -> None:
        if value is not None and not any(value == one and isinstance(value, type(one)) for one in values):
            raise PydanticCustomError("unsupported", "{reason}", {"reason": OTHER_LEVELS})

    return BeforeValidator(check)


class SamplingExtensions(Body):
    """Settings of sampling. `repetition_penalty` is vLLM's word for `repeat_penalty`, and its `top_k` -1 is off."""

    top_k: Annotated[int, Field(ge=-1, lt=2**31)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    typical_p: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    repeat_penalty: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] | None = None
    repeat_last_n: Annotated[int, Field(ge=-1, lt=2**31)] | None = None

    top_a: Annotated[None, only(0, 0.0)] = None
    mirostat: Annotated[None, only(0)] = None
    min_tokens: Annotated[None, only(0)] = None
    ignore_eos: Annotated[None, only(False)] = None
    length_penalty: Annotated[None, only(1, 1.0)] = None
    use_beam_search: Annotated[None, only(False)] = None
    stop_token_ids: Annotated[None, only([])] = None
    bad_words: Annotated[None, only([])] = None
    skip_special_tokens: Annotated[None, only(True)] = None
    spaces_between_special_tokens: Annotated[None, only(True)] = None
    include_stop_str_in_output: Annotated[None, only(False)] = None

    @model_validator(mode="after")
    def check_penalty(self) -> Self:
        """Two words for one setting."""
        if self.repetition_penalty is not None and self.repeat_penalty not in (None, self.repetition_penalty):
            raise same_thing("repetition_penalty", "repeat_penalty")
        return self

    @property
    def extended(self) -> Sampling:
        """These settings alone."""
        return Sampling(
            top_k=0 if self.top_k == -1 else self.top_k,
            min_p=self.min_p,
            typical_p=self.typical_p,
            repeat_penalty=self.repeat_penalty if self.repetition_penalty is None else self.repetition_penalty,
            repeat_last_n=self.repeat_last_n,
        )


class StructuredOutputs(Lenient):
    """vLLM's `structured_outputs`: one form of the answer. White space is compact in any case."""

    json_schema: Annotated[Schema | str | None, Field(alias="json")] = None
    json_object: bool | None = None
    regex: str | None = None
    choice: Annotated[list[str], Field(min_length=1)] | None = None
    grammar: str | None = None
    structural_tag: Annotated[None, unsupported("Structural tags are not supported; use 'tools'")] = None
    whitespace_pattern: Annotated[None, unsupported("JSON is always written on one line")] = None
    disable_fallback: bool | None = None
    disable_any_whitespace: bool | None = None
    disable_additional_properties: Annotated[None, only(False)] = None


class FormExtensions(Body):
    """The form of the answer in vLLM's words, newer (`structured_outputs`) and older (`guided_…`), and in those of
    llama-server (`json_schema`, `grammar`). Each is enforced; only one may be given."""

    structured_outputs: StructuredOutputs | None = None
    guided_json: Schema | str | None = None
    guided_regex: str | None = None
    guided_choice: Annotated[list[str], Field(min_length=1)] | None = None
    guided_grammar: str | None = None
    guided_decoding_backend: str | None = None
    guided_whitespace_pattern: Annotated[None, unsupported("JSON is always written on one line")] = None
    json_schema: Schema | None = None
    grammar: str | None = None

    @property
    def extended_form(self) -> tuple[str, Format] | None:
        """The form and the field that says it. Raises InvalidRequest for more than one."""
        found = [(name, form) for name, form in self._forms() if form is not None]
        if len(found) > 1:
            raise same_thing(found[1][0], found[0][0])
        return found[0] if found else None

    def _forms(self) -> list[tuple[str, Format | None]]:
        given = self.structured_outputs or StructuredOutputs()
        return [
            ("guided_json", schema("guided_json", self.guided_json)),
            ("guided_regex", text("regex", self.guided_regex)),
            ("guided_choice", choice(self.guided_choice)),
            ("guided_grammar", text("lark", self.guided_grammar)),
            ("json_schema", schema("json_schema", self.json_schema)),
            ("grammar", text("lark", self.grammar)),
            ("structured_outputs.json", schema("structured_outputs.json", given.json_schema)),
            ("structured_outputs.json_object", JsonObject() if given.json_object else None),
            ("structured_outputs.regex", text("regex", given.regex)),
            ("structured_outputs.choice", choice(given.choice)),
            ("structured_outputs.grammar", text("lark", given.grammar)),
        ]


class Thinking(Lenient):
    """Whether to think, in the words of DeepSeek and others."""

    type: Literal["enabled", "disabled", "adaptive", "auto"]
    budget_tokens: Annotated[int, Field(ge=0, lt=2**31)] | None = None


class TemplateExtensions(Body):
    """What goes to the chat template. Whether to think is said in four ways: as a variable of the template, or as one
    of `enable_thinking`, `thinking` and the effort."""

    chat_template_kwargs: dict[str, Any] | None = None
    enable_thinking: bool | None = None
    thinking: Thinking | None = None
    chat_template: Annotated[None, unsupported("Set the template in a Modelfile")] = None
    documents: Annotated[None, unsupported("Send them in a message")] = None

    @model_validator(mode="after")
    def check_variables(self) -> Self:
        """The conversation is the request's own."""
        for name in sorted(RESERVED & (self.chat_template_kwargs or {}).keys()):
            param = f"chat_template_kwargs.{name}"
            raise invalid_value(param, f"Invalid '{param}': use the request's own field instead.")
        return self

    @property
    def template_variables(self) -> Mapping[str, Any]:
        """What the template gets beside the conversation."""
        switch = {} if self.enable_thinking is None else {"enable_thinking": self.enable_thinking}
        return switch | (self.chat_template_kwargs or {})

    def extended_effort(self, effort: Effort | None) -> Effort | None:
        """How much to think, where the request's own field does not say it."""
        variables = self.template_variables
        off = False in (variables.get("enable_thinking"), variables.get("thinking"))
        if effort is not None:
            return effort
        if off or (self.thinking and self.thinking.type == "disabled"):
            return "none"
        if self.thinking and self.thinking.type == "enabled":
            return "medium"
        level = variables.get("reasoning_effort")
        return level if level in get_args(Effort) else None


def schema(param: str, given: Schema | str | None) -> Format | None:
    """A JSON Schema, which vLLM takes as text, too. Raises InvalidRequest."""
    if isinstance(given, str):
        try:
            given = orjson.loads(given)
        except orjson.JSONDecodeError as error:
            raise invalid_value(param, f"Invalid '{param}': it is not valid JSON.") from error
        if not isinstance(given, dict):
            raise invalid_value(param, f"Invalid '{param}': it is not a JSON Schema.")
    return None if given is None else JsonSchema(schema=given)


def text(syntax: Literal["lark", "regex"], definition: str | None) -> Format | None:
    return None if definition is None else FormedText(TextGrammar(syntax, definition))


def choice(texts: list[str] | None) -> Format | None:
    """One of the texts, exactly."""
    if texts is None:
        return None
    return FormedText(TextGrammar("lark", f"start: {' | '.join(orjson.dumps(one).decode() for one in texts)}"))


def same_thing(param: str, other: str) -> InvalidRequest:
    message = f"'{param}' and '{other}' mean the same thing: give only one of them."
    return invalid_value(param, message)
