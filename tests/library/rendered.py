"""Prompts of the templates that stand for Ollama's renderers, without an engine."""

import datetime
import json
from typing import Any

import jinja2

from puna.library.template.renderers import rendering


def render(name: str, messages: list[dict[str, Any]], *, compact: bool = False, **variables: Any) -> str:
    """The prompt for an answer. `compact` is JSON without spaces; variables that are None are not set."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)  # noqa: S701 — prompts are no HTML
    environment.filters["items"] = dict.items

    def tojson(value: Any, indent: int | None = None) -> str:
        return json.dumps(value, ensure_ascii=False, indent=indent, separators=(",", ":") if compact else None)

    environment.filters["tojson"] = tojson
    environment.globals["strftime_now"] = datetime.datetime.now().strftime
    template = rendering(name)
    assert template
    assert "@" not in template
    given = {key: value for key, value in variables.items() if value is not None}
    return environment.from_string(template).render(
        messages=messages, add_generation_prompt=True, **{"bos_token": "<bos>", **given}
    )
