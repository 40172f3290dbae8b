"""A model's chat template: Ollama writes it in the syntax of Go's text/template, engines render Jinja."""

from puna.library.template import go
from puna.library.template.translation import translate


def to_jinja(source: str) -> str:
    """The template in Jinja: as it is where it is Jinja already, else translated from Go's syntax.

    Raises InvalidRequest, with the line, for what is no template or can't be translated.
    """
    return source if "{%" in source else translate(go.parse(source))
