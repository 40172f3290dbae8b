"""One choice of a whole answer, put together from its events."""

from collections.abc import Sequence
from typing import Any

from puna.api.logprobs import render_tokens
from puna.api.openai.text_argument import text_of
from puna.core.events import Finished, ReasoningDelta, RefusalDelta, TextDelta, TokenLogprob, ToolCallDelta


class WholeChoice:
    """Collects the events of one choice. `custom` are the names of the tools that take a text."""

    def __init__(self, index: int, custom: frozenset[str] = frozenset()) -> None:
        self._index = index
        self._custom = custom
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._refusal: list[str] = []
        self._logprobs: list[TokenLogprob] = []
        self._calls: dict[int, list[ToolCallDelta]] = {}
        self._reason = ""

    def add(self, event: TextDelta | ReasoningDelta | RefusalDelta | ToolCallDelta | Finished) -> None:
        match event:
            case TextDelta(_, text, logprobs):
                self._texts.append(text)
                self._logprobs += logprobs
            case ReasoningDelta(_, text):
                self._thoughts.append(text)
            case RefusalDelta(_, text):
                self._refusal.append(text)
            case ToolCallDelta(_, call):
                self._calls.setdefault(call, []).append(event)
            case Finished(_, reason):
                self._reason = reason

    def render(self, *, legacy: bool) -> dict[str, Any]:
        """The choice as OpenAI writes it."""
        reason = "function_call" if legacy and self._reason == "tool_calls" else self._reason
        return {
            "index": self._index,
            "message": self._message(legacy=legacy),
            "logprobs": render_logprobs(self._logprobs),
            "finish_reason": reason,
        }

    def _message(self, *, legacy: bool) -> dict[str, Any]:
        text = "".join(self._texts)
        message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
        if self._refusal:
            message |= {"content": text or None, "refusal": "".join(self._refusal)}
        if self._thoughts:
            message["reasoning"] = message["reasoning_content"] = "".join(self._thoughts)
        if self._calls:
            message["content"] = text or None
            calls = [render_call(pieces, self._custom) for _, pieces in sorted(self._calls.items())]
            message |= {"function_call": calls[0]["function"]} if legacy else {"tool_calls": calls}
        return message


def render_logprobs(tokens: Sequence[TokenLogprob]) -> dict[str, Any] | None:
    """A choice's `logprobs`; None where there are none."""
    return {"content": render_tokens(tokens), "refusal": None} if tokens else None


def render_call(pieces: list[ToolCallDelta], custom: frozenset[str]) -> dict[str, Any]:
    """A call from its pieces, of which the first has the id and the name."""
    name, arguments = pieces[0].name, "".join(piece.arguments for piece in pieces)
    if name in custom:
        return {"id": pieces[0].id, "type": "custom", "custom": {"name": name, "input": text_of(arguments)}}
    return {"id": pieces[0].id, "type": "function", "function": {"name": name, "arguments": arguments}}
