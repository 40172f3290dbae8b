"""A session at a terminal: one person, one conversation at a time."""

from dataclasses import dataclass, field

from puna.cli.session.conversation import Conversation
from puna.cli.session.editor import Editor


@dataclass
class Session:
    """What slash commands act on. `insecure` allows pulls from registries without encryption."""

    conversation: Conversation
    editor: Editor
    insecure: bool
    over: bool = False
    _sees: dict[str, bool] = field(default_factory=dict)

    @property
    def sees(self) -> bool:
        """Whether the model takes pictures. Raises CommandFailed."""
        model = self.conversation.model
        if model not in self._sees:
            self._sees[model] = "vision" in self.conversation.shown()["capabilities"]
        return self._sees[model]
