"""What several commands take."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class ModelType(click.ParamType[str]):
    """The name of a model. It is checked by who looks it up."""

    name = "model"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem[str]]":
        from puna.cli.completion import model_items

        return [*model_items(incomplete)]


MODEL = ModelType()
insecure_option = click.option("--insecure", is_flag=True, help="Allow a registry without encryption.")
