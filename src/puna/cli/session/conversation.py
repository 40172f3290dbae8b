"""A conversation with a model: what was said, and how the model is asked."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import click

from puna.cli.client.client import Client, CommandFailed
from puna.cli.output.answers import DisplayOptions, Piece, show_answer, show_timings
from puna.library.parameters import Parameters

NOTHING = Parameters()


@dataclass
class Conversation:
    """Says messages to a model and shows its answers.

    `parameters`, `system`, `format` and `think` take precedence over the model's Modelfile where they are set.
    """

    client: Client
    model: str
    display: DisplayOptions
    keep_alive: str | None = None
    format: Any = ""
    think: bool | str | None = None
    parameters: Parameters = NOTHING
    system: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)

    def load(self) -> None:
        """Load the model into memory. Raises CommandFailed."""
        body = {"model": self.model, "keep_alive": self.keep_alive, "options": self.parameters.to_json()}
        self.client.ask("POST", "/api/chat", {**body, "messages": [], "stream": False})

    def shown(self) -> dict[str, Any]:
        """What /api/show says of the model. Raises CommandFailed."""
        return self.client.show(self.model)

    def replay(self) -> None:
        """Show the messages of the model's Modelfile, which the conversation begins with. Raises CommandFailed."""
        for message in self.shown()["messages"]:
            if message["role"] == "user":
                click.echo(f">>> {message['content']}")
            elif message["role"] == "assistant":
                click.echo(f"{message['content']}\n")

    def say(self, text: str, pictures: list[str]) -> None:
        """Say something, and show the answer. Ctrl-C ends the answer; what came of it is part of the conversation.

        Raises CommandFailed; then nothing was said.
        """
        before = len(self.messages)
        self.messages.append({"role": "user", "content": text, **({"images": pictures} if pictures else {})})
        answer: dict[str, Any] = {"role": "assistant", "content": "", "thinking": ""}
        final: dict[str, Any] = {}
        try:
            with suppress(KeyboardInterrupt):
                show_answer(self._pieces(answer, final), self._display)
        except CommandFailed:
            del self.messages[before:]
            raise
        if not answer["content"]:
            del self.messages[before:]
            return
        self.messages.append({name: value for name, value in answer.items() if value})
        if self.display.verbose and final:
            show_timings(final)

    @property
    def _display(self) -> DisplayOptions:
        """How the next answer is shown: JSON is no Markdown."""
        return replace(self.display, rendered=self.display.rendered and not self.format)

    def _pieces(self, answer: dict[str, Any], final: dict[str, Any]) -> Iterator[Piece]:
        for row in self.client.stream("/api/chat", self._body()):
            piece = Piece(row["message"].get("content", ""), row["message"].get("thinking", ""))
            answer["content"] += piece.text
            answer["thinking"] += piece.thinking
            yield piece
            if row["done"]:
                final |= row

    def _body(self) -> dict[str, Any]:
        system = [{"role": "system", "content": self.system}] if self.system else []
        return {
            "model": self.model,
            "messages": [*system, *self.messages],
            "options": self.parameters.to_json(),
            "format": self.format,
            "think": self.think,
            "keep_alive": self.keep_alive,
        }

    def save(self, name: str) -> None:
        """Make a model of the conversation, with what was said so far. Raises CommandFailed."""
        earlier = self.shown()["messages"]
        said = [{"role": message["role"], "content": message["content"]} for message in self.messages]
        body = {
            "model": name,
            "from": self.model,
            "parameters": self.parameters.to_json(),
            "system": self.system,
            "messages": [*earlier, *said],
        }
        for _ in self.client.stream("/api/create", {key: value for key, value in body.items() if value}):
            pass

    def change(self, model: str) -> None:
        """Start over with another model. Raises CommandFailed; then everything stays as it was."""
        changed = Conversation(self.client, model, self.display, self.keep_alive, self.format, self.think)
        changed.load()
        self.__dict__.update(changed.__dict__)
