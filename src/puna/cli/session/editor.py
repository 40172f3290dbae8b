"""The line editor of a session."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import NestedCompleter
from prompt_toolkit.formatted_text import HTML
from prompt_toolkit.history import FileHistory

from puna.state.private import private_file, private_folder

QUOTES = '"""'
HISTORY = "history"
HINT = HTML("<ansibrightblack>Send a message (/? for help)</ansibrightblack>")


class KeptHistory(FileHistory):
    """Earlier lines, in a file that only its owner may read. New ones are kept there while `kept` is set."""

    def __init__(self, path: Path, *, kept: bool) -> None:
        with suppress(OSError):  # a folder that can't be written to is no reason not to talk
            private_folder(path.parent)
            private_file(path)
        super().__init__(path)
        self.kept = kept and os.access(path, os.W_OK)

    def store_string(self, string: str) -> None:
        if self.kept:
            super().store_string(string)


class Editor:
    """Reads messages and commands. The words of commands are completed."""

    def __init__(self, home: Path, completions: dict[str, Any], *, history: bool = True) -> None:
        self.history = KeptHistory(home / HISTORY, kept=history)
        self._prompt: PromptSession[str] = PromptSession(
            history=self.history,
            completer=NestedCompleter.from_nested_dict(completions),
            complete_while_typing=False,
            prompt_continuation="... ",
        )

    def read(self) -> str:
        '''A line; between `"""` and `"""` any number of them.

        Raises EOFError for Ctrl-D, KeyboardInterrupt for Ctrl-C.
        '''
        line = self._prompt.prompt(">>> ", placeholder=HINT)
        before, quotes, text = line.partition(QUOTES)
        if not quotes or (before.strip() and not before.startswith("/set system")):
            return line.strip()
        while QUOTES not in text:
            text += "\n" + self._prompt.prompt("... ", placeholder="")
        text, _, after = text.partition(QUOTES)
        return (before + text.removeprefix("\n") + after).strip()
