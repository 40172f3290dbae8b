"""What becomes of a choice's text on its way to the client."""

from collections.abc import Sequence

from puna.core.events import Event, FinishReason, TextDelta
from puna.engines.llama.chat.held import Held
from puna.engines.llama.markup import overlap


class Filter:
    """Makes events of the text that comes in pieces, and lets all other events pass. `held` is what of the text waits
    for more to come."""

    def __init__(self, index: int) -> None:
        self.held = Held(index)

    def feed(self, piece: TextDelta) -> Sequence[Event]:
        raise NotImplementedError

    @property
    def in_thought(self) -> bool:
        """Whether what comes next is part of a thought that has begun."""
        return False

    def passing(self, event: Event) -> Sequence[Event]:
        """An event that is no text, and what it sets free."""
        return [event]

    def close(self, reason: FinishReason = "stop") -> Sequence[Event]:
        """What comes of the held text, at the end of it."""
        return self.rest()

    def rest(self) -> list[TextDelta]:
        """The held text as it is."""
        return [self.held.take(len(self.held.text))] if self.held else []


class StopFilter(Filter):
    """Ends the text before the first stop sequence in it. `found` is that one, None as long as there was none.

    The engine looks for them in everything it generates. Where a model thinks first that would end the answer before
    it begins, and in a call it would break it, so there Puna looks for them itself.
    """

    def __init__(self, index: int, stops: Sequence[str]) -> None:
        super().__init__(index)
        self.found: str | None = None
        self._stops = stops

    def feed(self, piece: TextDelta) -> Sequence[TextDelta]:
        held = self.held
        if self.found:
            return []
        held.add(piece)
        places = [(place, stop) for stop in self._stops if (place := held.text.find(stop)) >= 0]
        if places:
            ready, self.found = min(places)
        else:
            ready = len(held.text) - max(overlap(stop, held.text) for stop in self._stops)
        return [held.take(ready)] if ready else []

    def passing(self, event: Event) -> Sequence[Event]:
        return [] if self.found else [*self.rest(), event]

    def close(self, reason: FinishReason = "stop") -> Sequence[TextDelta]:
        return [] if self.found else self.rest()


class EnvelopeFilter(Filter):
    """Takes away what an answer begins with and ends with by its format."""

    def __init__(self, index: int, head: str, tail: str) -> None:
        super().__init__(index)
        self._head = head
        self._tail = tail

    def feed(self, piece: TextDelta) -> Sequence[Event]:
        self.held.add(piece)
        begin = self.held.text.lstrip()
        if self._head:
            if len(begin) < len(self._head) and self._head.startswith(begin):
                return []
            space = len(self.held.text) - len(begin)
            if begin.startswith(self._head):
                self.held.take(space + len(self._head))
            self._head = ""
        return self._body()

    def _body(self) -> Sequence[Event]:
        text = self.held.text
        if not self._tail:
            return self.rest()
        before, tail, _ = text.partition(self._tail)
        ready = len(before) if tail else len(text) - overlap(self._tail, text)
        events = [self.held.take(ready)] if ready else []
        self.held.take(len(tail))
        return [*events, *self._body()] if tail and self.held.text else events


class Pipeline:
    """One choice's filters, one after the other. What they hold comes out when it is closed."""

    def __init__(self, *filters: Filter) -> None:
        self._filters = filters

    def feed(self, piece: TextDelta) -> Sequence[Event]:
        return self._through([piece], 0)

    def close(self, reason: FinishReason = "stop") -> Sequence[Event]:
        """The rest, after a text that ended for that reason."""
        events: list[Event] = []
        for place, stage in enumerate(self._filters, 1):
            events = [*self._through(events, place - 1, place), *stage.close(reason)]
        return events

    def _through(self, events: Sequence[Event], first: int, last: int | None = None) -> Sequence[Event]:
        for stage in self._filters[first:last]:
            events = [
                made
                for event in events
                for made in (stage.feed(event) if isinstance(event, TextDelta) else stage.passing(event))
            ]
        return events
