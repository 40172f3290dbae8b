"""The items of an output while they grow. Each says in events what happens to it, in OpenAI's order."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from puna.api.logprobs import render_tokens
from puna.api.openai.responses.identifier import new_id
from puna.api.openai.responses.items import Stored, output_text, refusal
from puna.core.events import TokenLogprob

WireEvent = dict[str, Any]
"""An event as it is sent, but for its sequence number."""


class OutputItem(Protocol):
    """An item that is being written."""

    @property
    def item(self) -> Stored:
        """The item as far as it goes."""

    def open(self) -> Iterator[WireEvent]:
        """What comes first: that it is there."""

    def close(self, status: str) -> Iterator[WireEvent]:
        """What comes before `output_item.done`."""


def added(output_index: int, item: Stored) -> WireEvent:
    """An item has begun."""
    return {"type": "response.output_item.added", "output_index": output_index, "item": item}


class AssistantMessage:
    """A message of one part, which grows."""

    def __init__(self, output_index: int) -> None:
        self._texts: list[str] = []
        self._place: dict[str, Any] = {"item_id": new_id("msg"), "output_index": output_index, "content_index": 0}
        self.item: Stored = {
            "type": "message",
            "id": self._place["item_id"],
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }

    def _opened(self, part: Stored) -> Iterator[WireEvent]:
        yield added(self._place["output_index"], self.item)
        yield {"type": "response.content_part.added", **self._place, "part": part}

    def _closed(self, part: Stored, status: str) -> WireEvent:
        self.item = {**self.item, "status": status, "content": [part]}
        return {"type": "response.content_part.done", **self._place, "part": part}


class MessageOutput(AssistantMessage):
    """Text that answers the user."""

    def __init__(self, output_index: int) -> None:
        super().__init__(output_index)
        self._logprobs: list[dict[str, Any]] = []

    def open(self) -> Iterator[WireEvent]:
        yield from self._opened(output_text(""))

    def add(self, text: str, logprobs: Sequence[TokenLogprob]) -> Iterator[WireEvent]:
        self._texts.append(text)
        rendered = render_tokens(logprobs)
        self._logprobs += rendered
        brief = [without_bytes(logprob) for logprob in rendered]
        yield {"type": "response.output_text.delta", **self._place, "delta": text, "logprobs": brief}

    def close(self, status: str) -> Iterator[WireEvent]:
        text = "".join(self._texts)
        closed = self._closed(output_text(text, self._logprobs), status)
        brief = [without_bytes(logprob) for logprob in self._logprobs]
        yield {"type": "response.output_text.done", **self._place, "text": text, "logprobs": brief}
        yield closed


class RefusalOutput(AssistantMessage):
    """Text that says that there will be no answer: a part of a message, as OpenAI has it."""

    def open(self) -> Iterator[WireEvent]:
        yield from self._opened(refusal(""))

    def add(self, text: str) -> Iterator[WireEvent]:
        self._texts.append(text)
        yield {"type": "response.refusal.delta", **self._place, "delta": text}

    def close(self, status: str) -> Iterator[WireEvent]:
        text = "".join(self._texts)
        closed = self._closed(refusal(text), status)
        yield {"type": "response.refusal.done", **self._place, "refusal": text}
        yield closed


class ReasoningOutput:
    """What the model thinks, given whole: as it is, or as its own summary where a summary was asked for.

    `seal`, where there is one, makes what the client can bring back instead of storing it here.
    """

    def __init__(self, output_index: int, *, summary: bool, seal: Callable[[str], str] | None) -> None:
        self._texts: list[str] = []
        self._summary = summary
        self._seal = seal
        index = {"summary_index" if summary else "content_index": 0}
        self._place: dict[str, Any] = {"item_id": new_id("rs"), "output_index": output_index, **index}
        self.item: Stored = {
            "type": "reasoning",
            "id": self._place["item_id"],
            "summary": [],
            "status": "in_progress",
        }

    def open(self) -> Iterator[WireEvent]:
        kind = "reasoning_summary_part" if self._summary else "content_part"
        yield added(self._place["output_index"], self.item)
        yield {"type": f"response.{kind}.added", **self._place, "part": self._part("")}

    def add(self, text: str) -> Iterator[WireEvent]:
        self._texts.append(text)
        yield {"type": f"response.{self._kind}.delta", **self._place, "delta": text}

    def close(self, status: str) -> Iterator[WireEvent]:
        text = "".join(self._texts)
        part = self._part(text)
        self.item = {**self.item, "status": status, "summary" if self._summary else "content": [part]}
        if self._seal:
            self.item["encrypted_content"] = self._seal(text)
        yield {"type": f"response.{self._kind}.done", **self._place, "text": text}
        kind = "reasoning_summary_part" if self._summary else "content_part"
        yield {"type": f"response.{kind}.done", **self._place, "part": part}

    @property
    def _kind(self) -> str:
        return "reasoning_summary_text" if self._summary else "reasoning_text"

    def _part(self, text: str) -> dict[str, str]:
        return {"type": "summary_text" if self._summary else "reasoning_text", "text": text}


def without_bytes(logprob: dict[str, Any]) -> dict[str, Any]:
    """A log probability as the events of a stream have it."""
    top = [{"token": other["token"], "logprob": other["logprob"]} for other in logprob["top_logprobs"]]
    return {"token": logprob["token"], "logprob": logprob["logprob"], "top_logprobs": top}
