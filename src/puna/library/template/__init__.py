"""A model's chat template: Ollama writes it in the syntax of Go's text/template, engines render Jinja."""

from puna.core.errors import InvalidRequest
from puna.library.template import go
from puna.library.template.translation import translate


def to_jinja(source: str) -> str:
    """The template in Jinja: as it is where it is Jinja already, else translated from Go's syntax.

    Raises InvalidRequest, with the line, for what is no template or can't be translated.
    """
    return source if "{%" in source else translate(go.parse(source))


def check_template(source: str) -> None:
    """Raises InvalidRequest, with the line, for a template that can't be rendered."""
    if "{%" not in source:
        to_jinja(source)
        return
    from jinja2 import TemplateSyntaxError
    from jinja2.sandbox import SandboxedEnvironment

    plain = source.replace("{% generation %}", "").replace("{% endgeneration %}", "")  # marks of Hugging Face's
    try:
        SandboxedEnvironment(extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"]).parse(plain)
    except TemplateSyntaxError as error:
        raise InvalidRequest(f"line {error.lineno} of the template: {error.message}") from error
