"""What a connection can go on from: its last responses, kept or not."""

from collections.abc import Sequence

from puna.api.openai.responses.items import Stored
from puna.api.openai.responses.run import Run

MOST = 16


class Continued:
    """The items of a connection's last responses, in memory and gone with it. So a response that is not stored can
    be gone on from where it was made."""

    def __init__(self) -> None:
        self._items: dict[str, Sequence[Stored]] = {}

    def find(self, key: str) -> Sequence[Stored] | None:
        """All that was said up to the end of that response; None for one that is not known here."""
        return self._items.get(key)

    def forget(self, key: str) -> None:
        """What went on from that response failed: it is gone, as with OpenAI, and a client begins anew."""
        self._items.pop(key, None)

    def keep(self, run: Run) -> None:
        """Remember a response that is complete; forget what one went on from that failed."""
        response = run.answer.response
        if response["status"] not in ("completed", "incomplete"):
            self.forget(response["previous_response_id"] or "")
            return
        self._items[run.answer.id] = [*run.before, *run.input, *response["output"]]
        while len(self._items) > MOST:
            del self._items[next(iter(self._items))]
