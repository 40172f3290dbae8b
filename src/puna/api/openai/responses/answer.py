"""The one state machine of the Responses API: events of the core in, events of the wire out."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from puna.api.openai.responses.call_output import CallItem, new_call
from puna.api.openai.responses.output import MessageOutput, OutputItem, ReasoningOutput, RefusalOutput, WireEvent
from puna.api.openai.responses.toolbox import Offered
from puna.api.openai.usage import render_response_usage
from puna.core.errors import InvalidRequest, PunaError
from puna.core.events import Done, Event, Finished, ReasoningDelta, RefusalDelta, TextDelta, ToolCallDelta


class ResponseBuilder:
    """A response while it is made. `response` is the object as it stands."""

    def __init__(
        self,
        response: dict[str, Any],
        *,
        tools: Sequence[Offered] = (),
        summary: bool = False,
        seal: Callable[[str], str] | None = None,
        silent: bool = False,
    ) -> None:
        self.response = response
        self._tools = {one.tool.name: one for one in tools}
        self._summary = summary
        self._seal = seal
        self._silent = silent
        self._open: OutputItem | None = None
        self._call: int | None = None
        self._reason: str | None = None

    @property
    def id(self) -> str:
        return str(self.response["id"])

    def begin(self) -> Iterator[WireEvent]:
        """What a client hears before the model says anything."""
        if self.response["background"]:
            self.response["status"] = "queued"
            yield self._whole("response.created")
            yield self._whole("response.queued")
            self.response["status"] = "in_progress"
        else:
            yield self._whole("response.created")
        yield self._whole("response.in_progress")

    def feed(self, event: Event) -> Iterator[WireEvent]:
        """What one event of the engine means."""
        match event:
            case TextDelta(_, text, logprobs):
                if not isinstance(self._open, MessageOutput):
                    yield from self._start(MessageOutput(self._next_index))
                assert isinstance(self._open, MessageOutput)
                yield from self._open.add(text, logprobs)
            case ReasoningDelta(_, text):
                if not isinstance(self._open, ReasoningOutput):
                    yield from self._start(ReasoningOutput(self._next_index, summary=self._summary, seal=self._seal))
                assert isinstance(self._open, ReasoningOutput)
                yield from self._open.add(text)
            case RefusalDelta(_, text):
                if not isinstance(self._open, RefusalOutput):
                    yield from self._start(RefusalOutput(self._next_index))
                assert isinstance(self._open, RefusalOutput)
                yield from self._open.add(text)
            case ToolCallDelta():
                yield from self._feed_call(event)
            case Finished(_, reason):
                self._reason = reason
            case Done(usage):
                self.response["usage"] = render_response_usage(usage)

    def complete(self) -> Iterator[WireEvent]:
        """The model has come to its end: close what is open. The last event is `closing`."""
        cut = self._reason == "length"
        if not cut and not self._answered and not self._silent:
            yield from self._start(MessageOutput(self._next_index))
        yield from self._finish("incomplete" if cut else "completed")
        if cut:
            self.response |= {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
        else:
            self.response |= {"status": "completed", "completed_at": int(time.time())}

    def fail(self, error: PunaError, message: str) -> Iterator[WireEvent]:
        """The answer broke off, which the client is told with that message."""
        yield from self._finish("incomplete")
        code = "invalid_prompt" if isinstance(error, InvalidRequest) else "server_error"
        self.response |= {"status": "failed", "error": {"code": code, "message": message}}

    def cancel(self) -> Iterator[WireEvent]:
        """Nobody wants the answer any more."""
        yield from self._finish("incomplete")
        self.response["status"] = "cancelled"

    @property
    def closing(self) -> WireEvent:
        """The last event. Of a cancelled response, for which OpenAI has no event, it is `incomplete`."""
        status = self.response["status"]
        return self._whole(f"response.{'incomplete' if status == 'cancelled' else status}")

    def _feed_call(self, event: ToolCallDelta) -> Iterator[WireEvent]:
        if not isinstance(self._open, CallItem) or event.call != self._call:
            assert event.id is not None
            assert event.name is not None
            self._call = event.call
            yield from self._start(new_call(self._next_index, event.id, event.name, self._tools.get(event.name)))
        assert isinstance(self._open, CallItem)
        yield from self._open.add(event.arguments)

    def _start(self, output: OutputItem) -> Iterator[WireEvent]:
        yield from self._finish("completed")
        self._open = output
        yield from output.open()

    def _finish(self, status: str) -> Iterator[WireEvent]:
        if self._open is None:
            return
        output, self._open = self._open, None
        yield from output.close(status)
        index = self._next_index
        self.response["output"] = [*self.response["output"], output.item]
        yield {"type": "response.output_item.done", "output_index": index, "item": output.item}

    def _whole(self, kind: str) -> WireEvent:
        return {"type": kind, "response": dict(self.response)}

    @property
    def _next_index(self) -> int:
        return len(self.response["output"]) + (self._open is not None)

    @property
    def _answered(self) -> bool:
        """Whether there is anything but thoughts."""
        done = any(item["type"] != "reasoning" for item in self.response["output"])
        return done or (self._open is not None and not isinstance(self._open, ReasoningOutput))
