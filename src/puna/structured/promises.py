"""What of an answer has to fit a schema, and whether it does."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from puna.core.completions import CompletionRequest
from puna.core.events import Finished, RefusalDelta, TextDelta, ToolCallDelta
from puna.core.formats import FormedText, FreeText, JsonSchema
from puna.core.requests import ChatRequest
from puna.structured.violations import CHECK, CHECKING, Violation
from puna.structured.workers import WORKERS, TookTooLong

Schema = Mapping[str, Any]


class Promises:
    """The schemas that the answers to a request have to fit: the form of their text, and the arguments of tools whose
    calls are forced or strict."""

    def __init__(self, request: ChatRequest | CompletionRequest) -> None:
        form = request.format
        self.form: Schema | None = None if isinstance(form, FreeText | FormedText) else {"type": "object"}
        if isinstance(form, JsonSchema):
            self.form = form.schema
        self._stops = bool(request.sampling.stop)
        self.tools: dict[str, Schema] = {}
        if isinstance(request, ChatRequest) and request.tool_choice.mode != "none":
            forced = request.tool_choice.mode == "required"
            self.tools = {
                tool.name: tool.parameters for tool in request.tools if tool.text is None and (forced or tool.strict)
            }

    def __bool__(self) -> bool:
        return self.form is not None or bool(self.tools)

    async def broken(self, events: Iterable[Any]) -> Violation | None:
        """The first thing in one choice's events that a schema does not allow. What a limit of tokens or a stop
        sequence cut off, and what is a refusal, is not asked about."""
        choice = Choice(events)
        if choice.cut_off or choice.refused:
            return None
        for name, arguments in choice.calls:
            if name in self.tools and (found := await check(self.tools[name], arguments)):
                return found
        if self.form is not None and not choice.calls:
            found = await check(self.form, choice.text)
            return None if found and found.is_no_json and self._stops else found
        return None


class Choice:
    """One choice, put together from its events."""

    def __init__(self, events: Iterable[Any]) -> None:
        self.text = ""
        self.cut_off = False
        self.refused = False
        calls: dict[int, list[str]] = {}
        for event in events:
            match event:
                case TextDelta(text=text):
                    self.text += text
                case RefusalDelta():
                    self.refused = True
                case ToolCallDelta(call=call, name=name, arguments=arguments):
                    known = calls.setdefault(call, ["", ""])
                    known[0] += name or ""
                    known[1] += arguments
                case Finished(reason=reason):
                    self.cut_off = reason == "length"
        self.calls = [(name, arguments) for name, arguments in calls.values()]


async def check(schema: Schema, text: str) -> Violation | None:
    """What of a schema a text does not fit."""
    try:
        found: Violation | None = await WORKERS.run(CHECK, json.dumps(schema), text, seconds=CHECKING)
    except TookTooLong:
        return Violation("schema", "", "the answer", f"checking it takes longer than {CHECKING:g} seconds")
    return found
