"""Request fields that a local server can give no meaning to. They are read and checked, and change nothing."""

from typing import Annotated, Any, Literal

from pydantic import Field

from puna.http.body import Body


class NoOps(Body):
    """All of them; nothing else in a request is ignored.

    Whom a request is for (`user`, `safety_identifier`), what is kept about it (`metadata`, `store`), what it costs
    (`service_tier`), and hints for a cache or a speed-up that is there anyway or not at all (`prompt_cache_key`,
    `prompt_cache_retention`, `prompt_cache_options`, `prediction`).
    """

    user: str | None = None
    safety_identifier: str | None = None
    metadata: Annotated[dict[str, str], Field(max_length=16)] | None = None
    store: bool | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast"] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in-memory", "in_memory", "24h"] | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prediction: dict[str, Any] | None = None
