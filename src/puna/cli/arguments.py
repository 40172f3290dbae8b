"""What several commands take."""

from typing import TYPE_CHECKING, Any

import click
import orjson

from puna.core.errors import InvalidRequest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


LEVELS = ("low", "medium", "high", "max")
"""How much a model may be asked to think."""


class ModelType(click.ParamType[str]):
    """The name of a model. Whatever looks it up checks it."""

    name = "model"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem[str]]":
        from puna.cli.completion import model_items

        return [*model_items(incomplete)]


MODEL = ModelType()
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
insecure_option = click.option("--insecure", is_flag=True, help="Allow registries without HTTPS.")


def read_format(text: str, *, name: str) -> Any:
    """The form that answers should have: `json`, or a JSON Schema. `name` is what an InvalidRequest calls it."""
    if text == "json":
        return text
    try:
        schema = orjson.loads(text)
    except orjson.JSONDecodeError:
        schema = None
    if not isinstance(schema, dict):
        raise InvalidRequest(f"{name} has to be json or a JSON Schema")
    return schema


def echo_json(value: Any) -> None:
    """Print what the server says, for programs."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
