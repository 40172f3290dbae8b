"""Request fields that are read and change nothing here: the one list of them, for every dialect.

The rule: a field that would change the answer acts, or is refused by name. What remains is said about a request and
not about its answer: whom it is for, how it is counted, hints for caches and for the machinery of other servers, and
what libraries keep beside a message that they give back. Those are here, and in docs/compatibility.md; any other name
is unknown, and refused. In what a client gives back (messages, their parts, calls, tools) a field that is null says
nothing, known or not: an SDK's object writes all its fields.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from puna.http.body import Body, Lenient


class NoOps(Body):
    """What OpenAI's own API has.

    Whom a request is for (`user`, `safety_identifier`), what is kept about it (`metadata`, `store`), what it costs
    (`service_tier`), and hints for a cache that is there anyway (`prompt_cache_key`, `prompt_cache_retention`,
    `prompt_cache_options`).
    """

    user: str | None = None
    safety_identifier: str | None = None
    metadata: Annotated[dict[str, str], Field(max_length=16)] | None = None
    store: bool | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast"] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in-memory", "in_memory", "24h"] | None = None
    prompt_cache_options: dict[str, Any] | None = None


class RequestHints(Body):
    """What other clients and servers put beside a request's own fields.

    Who counts and follows it (`client_metadata`, `litellm_metadata`, `session_id`, `request_id`, `trace`), what a
    gateway is to do with it (`provider`, `provider_options`, `providerOptions`, `priority`), where a cache may end or
    is kept (`cache_control`, `cache_prompt`, `id_slot`), and what llama-server would tell beside an answer
    (`timings_per_token`, `return_progress`).
    """

    client_metadata: Any = None
    litellm_metadata: Any = None
    session_id: Any = None
    request_id: Any = None
    trace: Any = None
    provider: Any = None
    provider_options: Any = None
    providerOptions: Any = None  # noqa: N815
    priority: Any = None
    cache_control: Any = None
    cache_prompt: Any = None
    id_slot: Any = None
    timings_per_token: Any = None
    return_progress: Any = None


class MessagesNoOps(RequestHints):
    """What Anthropic's own API has.

    Whom a request is for (`metadata`, `user_profile_id`, `workspace_id`), where it is computed, how fast, and what
    that costs (`inference_geo`, `service_tier`, `speed`, `billing_policy`, `fallback_credit_token`), and what is told
    about its cache (`diagnostics`).
    """

    metadata: dict[str, Any] | None = None
    user_profile_id: str | None = None
    workspace_id: str | None = None
    inference_geo: str | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    speed: Literal["standard", "fast"] | None = None
    billing_policy: Any = None
    fallback_credit_token: Any = None
    diagnostics: dict[str, Any] | None = None


class MessageHints(Lenient):
    """What libraries keep beside a message.

    Its name in their history (`id`), where a cache may end (`cache_control`), what another provider's thinking was
    (`reasoning_details`, `thinking_blocks`; `reasoning_content` acts), what a provider is to know
    (`provider_options`, `provider_specific_fields`, `extra_content`), and what says the same as its content once more
    (`parsed`).
    """

    id: Any = None
    cache_control: Any = None
    reasoning_details: Any = None
    thinking_blocks: Any = None
    provider_options: Any = None
    provider_specific_fields: Any = None
    extra_content: Any = None
    parsed: Any = None


class PartHints(Lenient):
    """What libraries keep beside a piece of a message's content. `annotations` are links of an answer, `parsed` is
    what its text says as an object. Some repeat there what the message has (`role`, `reasoning`)."""

    id: Any = None
    role: Any = None
    reasoning: Any = None
    reasoning_content: Any = None
    index: Any = None
    cache_control: Any = None
    provider_options: Any = None
    annotations: Any = None
    parsed: Any = None


class CallHints(Lenient):
    """What libraries keep beside a call, or beside its function: its number in the message (`index`), its arguments
    as an object (`parsed_arguments`), and what only another provider reads."""

    index: Any = None
    parsed_arguments: Any = None
    cache_control: Any = None
    provider_options: Any = None
    provider_specific_fields: Any = None
    extra_content: Any = None


class ToolHints(Lenient):
    """What is said beside a tool to other providers."""

    cache_control: Any = None
    provider_options: Any = None


HINTS = {
    "a request": (NoOps, RequestHints),
    "a request of Anthropic's": (MessagesNoOps,),
    "a message": (MessageHints,),
    "a part of a message": (PartHints,),
    "a call": (CallHints,),
    "a tool": (ToolHints,),
}
"""All of them, by where they stand."""
