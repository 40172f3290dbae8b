"""The commands of a session: what begins with a slash."""

import shlex
from collections.abc import Callable
from typing import Any

import click
import orjson

from puna.cli import words
from puna.cli.editor import Editor
from puna.cli.session import Session
from puna.cli.show import overview
from puna.cli.table import render_table
from puna.core.errors import InvalidRequest
from puna.library.parameters import Parameters

LEVELS = ("low", "medium", "high", "max")


class Desk:
    """Carries out commands. Each command gets the text after its name; a PunaError says what is wrong with it."""

    def __init__(self, session: Session, editor: Editor, *, insecure: bool) -> None:
        self._session = session
        self._editor = editor
        self._insecure = insecure
        self._sees: dict[str, bool] = {}
        self._commands: dict[str, Callable[[str], None]] = {
            "/set": self._set,
            "/show": self._show,
            "/load": self._load,
            "/save": self._save,
            "/clear": self._clear,
            "/help": self._help,
            "/?": self._help,
        }
        self._settings: dict[str, Callable[[str], None]] = {
            "parameter": self._parameter,
            "system": self._system,
            "format": self._format,
            "noformat": self._noformat,
            "think": self._think,
            "nothink": self._nothink,
            "history": lambda _: self._history(kept=True),
            "nohistory": lambda _: self._history(kept=False),
            "wordwrap": lambda _: self._wordwrap(rendered=True),
            "nowordwrap": lambda _: self._wordwrap(rendered=False),
            "verbose": lambda _: self._verbose(verbose=True),
            "quiet": lambda _: self._verbose(verbose=False),
        }

    @property
    def sees(self) -> bool:
        """Whether the model takes pictures."""
        model = self._session.model
        if model not in self._sees:
            self._sees[model] = "vision" in self._session.shown()["capabilities"]
        return self._sees[model]

    def carry_out(self, line: str) -> bool:
        """Do what a command says. False for the one that ends the session."""
        name, rest = split(line)
        if name in ("/bye", "/exit"):
            return False
        command = self._commands.get(name)
        if command is None:
            click.echo(f"Unknown command '{name}'. Type /? for help")
        else:
            command(rest)
        return True

    def _set(self, text: str) -> None:
        name, rest = split(text)
        setting = self._settings.get(name)
        if setting is None:
            show_words(words.SET)
        else:
            setting(rest)

    def _parameter(self, text: str) -> None:
        name, rest = split(text)
        if not rest:
            click.echo("Usage: /set parameter NAME VALUE\n")
            show_words(parameter_kinds())
            return
        values = texts(rest) if name == "stop" else [rest]
        changed = Parameters.from_text([(name, value) for value in values])
        self._session.parameters = changed.over(self._session.parameters)
        click.echo(f"Set parameter '{name}' to '{', '.join(values)}'")

    def _system(self, text: str) -> None:
        if not text:
            click.echo("Usage: /set system TEXT")
            return
        self._session.system = text
        click.echo("Set system message.")

    def _format(self, text: str) -> None:
        schema: Any = text
        if text != "json":
            try:
                schema = orjson.loads(text)
            except orjson.JSONDecodeError:
                schema = None
            if not isinstance(schema, dict):
                raise InvalidRequest("the format has to be json, or a JSON Schema")
        self._session.format = schema
        click.echo(f"Set format to {'JSON' if text == 'json' else 'the JSON Schema'}.")

    def _noformat(self, _: str) -> None:
        self._session.format = ""
        click.echo("Answers may have any form.")

    def _think(self, text: str) -> None:
        if text not in ("", *LEVELS):
            raise InvalidRequest(f"the level has to be one of {', '.join(LEVELS)}")
        if "thinking" not in self._session.shown()["capabilities"]:
            raise InvalidRequest(f"'{self._session.model}' does not support thinking")
        self._session.think = text or True
        click.echo(f"The model thinks{f' ({text})' if text else ''}.")

    def _nothink(self, _: str) -> None:
        self._session.think = False
        click.echo("The model does not think.")

    def _history(self, *, kept: bool) -> None:
        self._editor.history.kept = kept
        click.echo(f"What is typed is {'kept' if kept else 'not kept'} for the next session.")

    def _wordwrap(self, *, rendered: bool) -> None:
        self._session.manner.rendered = rendered
        click.echo("Markdown is rendered, and lines are wrapped." if rendered else "Answers are shown as they are.")

    def _verbose(self, *, verbose: bool) -> None:
        self._session.manner.verbose = verbose
        click.echo(f"What answers took is {'shown' if verbose else 'not shown'}.")

    def _show(self, text: str) -> None:
        part, _ = split(text)
        if f"/show {part}" not in words.SHOW:
            show_words(words.SHOW)
            return
        shown = self._session.shown()
        if part == "info":
            click.echo(overview(shown, verbose=False))
        elif part == "parameters":
            self._show_parameters(shown["parameters"])
        elif part == "system":
            click.echo(self._session.system or shown["system"] or "The model has no system message.")
        else:
            click.echo(shown[part] or f"The model has no {part}.")
        click.echo()

    def _show_parameters(self, of_model: str) -> None:
        here = [(name, str(value)) for name, value in self._session.parameters.items()]
        if of_model:
            click.echo(f"Of the model:\n{of_model}")
        if here:
            click.echo(f"Set here:\n{render_table(here)}")
        if not (of_model or here):
            click.echo("The model has no parameters.")

    def _load(self, model: str) -> None:
        from puna.cli.run import have

        if not model:
            click.echo("Usage: /load MODEL")
            return
        have(self._session.client, model, insecure=self._insecure)
        click.echo(f"Loading '{model}'")
        self._session.change(model)
        replay(self._session)

    def _save(self, name: str) -> None:
        if not name:
            click.echo("Usage: /save NAME")
            return
        self._session.save(name)
        click.echo(f"Created new model '{name}'")

    def _clear(self, _: str) -> None:
        self._session.messages.clear()
        click.echo("Cleared session context")

    def _help(self, text: str) -> None:
        about = {"set": words.SET, "show": words.SHOW, "shortcuts": words.SHORTCUTS}
        table = about.get(text.removeprefix("/"))
        show_words(table or words.COMMANDS)
        if table is None:
            click.echo(f"{words.NOTES}\n")


def replay(session: Session) -> None:
    """Show the messages that the model's conversations begin with."""
    for message in session.shown()["messages"]:
        if message["role"] == "user":
            click.echo(f">>> {message['content']}")
        elif message["role"] == "assistant":
            click.echo(f"{message['content']}\n")


def show_words(table: dict[str, str]) -> None:
    """Words and what they mean, in two columns."""
    click.echo(f"{render_table([*table.items()], indent='  ')}\n")


def split(text: str) -> tuple[str, str]:
    """The first word, and the rest."""
    name, *rest = text.split(maxsplit=1)[:2] or [""]
    return name, rest[0].strip() if rest else ""


def texts(text: str) -> list[str]:
    """Several values, those with blanks in quotes."""
    try:
        return shlex.split(text)
    except ValueError:
        return [text]


def parameter_kinds() -> dict[str, str]:
    """Every parameter, and what its values are."""
    kinds = {int: "a whole number", float: "a number", bool: "true or false"}
    return {name: kinds.get(kind, "one or more texts") for name, kind in Parameters.kinds().items()}
