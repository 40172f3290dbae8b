"""A model's chat template: Ollama writes it in Go's syntax, engines render Jinja."""

from puna.core.errors import InvalidRequest


def to_jinja(source: str) -> str:
    """The template in Jinja. Raises InvalidRequest for what can't be translated."""
    if "{%" in source or "{{" not in source:
        return source
    raise InvalidRequest("templates in Go's syntax are not translated yet", param="template")
