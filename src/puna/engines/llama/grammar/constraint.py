"""What gives an answer its form: the fields of an engine's request that constrain what it generates."""

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import orjson

from puna.core.errors import InvalidRequest, NotHeld, UnsupportedGrammar, UnsupportedSchema
from puna.core.formats import Format, FormedText, FreeText, JsonObject
from puna.core.requests import ChatRequest
from puna.core.subjects import AnswerGrammar, AnswerSchema, ToolGrammar, ToolSchema
from puna.core.tools import Tool
from puna.engines.llama.grammar.begun import BegunCalls
from puna.engines.llama.grammar.lark import Answer
from puna.engines.llama.grammar.plan import Compiled, Guidance, Plan, Refusal
from puna.engines.llama.markup import CallShape, ThinkingTags
from puna.structured.workers import WORKERS, TookTooLong

COMPILE = "puna.engines.llama.grammar.compiled:compile_answer"
SECONDS = 1.0
"""How long a grammar may take to compile."""
UNGUIDED = (
    "This llama-server was built without llguidance, so it can't force calls, JSON after thinking, nor grammars. "
    "Build it with -DLLAMA_LLGUIDANCE=ON, or use the packaged engine."
)
MOST_KNOWN = 64
"""How many grammars are kept for requests with the same schemas."""


async def chat_constraint(
    request: ChatRequest,
    shape: CallShape,
    thinking: ThinkingTags | None,
    *,
    begun: bool,
    control: Mapping[str, int],
    guidance: Guidance = Guidance.SURE,
) -> dict[str, Any]:
    """The fields for an answer with calls of that shape, or JSON, after thinking that the prompt may have begun. None
    for free text. `control` are the tags that are single tokens and no text.

    Raises:
        UnsupportedSchema, UnsupportedGrammar: it is not valid, has no instance, or is too large.
        NotHeld: an answer would have to be checked, which the request does not say that it will be.
    """
    if not request.tools and isinstance(request.format, FreeText):
        return {}
    forced = bool(request.tools) and request.tool_choice.mode == "required"
    plan = Plan(
        form=request.format,
        tools=request.tools,
        forced=forced,
        several=request.parallel_tool_calls,
        shape=shape,
        thinking=thinking,
        begun=begun,
        control=control,
        guidance=guidance,
    )
    return await fields(plan, checked=request.checked)


async def choice_constraint(
    tools: tuple[Tool, ...], shape: CallShape, *, control: Mapping[str, int], specials: tuple[int, ...]
) -> dict[str, Any]:
    """The fields for an answer in which calls are the model's choice: those that it begins fit their tools, as far as
    a grammar holds that. None where that can't be told from text, or costs too much."""
    plan = Plan(tools=tools, shape=shape, control=control, chosen=True, specials=specials)
    if not BegunCalls(Answer(control), tools, shape, specials).unmistakable:
        return {}
    compiled = await GRAMMARS.compiled(plan)
    return {} if isinstance(compiled, Refusal) else {"grammar": compiled.grammar}


async def completion_constraint(form: Format, *, checked: bool, guidance: Guidance = Guidance.SURE) -> dict[str, Any]:
    """The fields for a completion of that form. Raises UnsupportedSchema and NotHeld."""
    if isinstance(form, FreeText):
        return {}
    return await fields(Plan(form=form, guidance=guidance), checked=checked)


async def check_tools(tools: tuple[Tool, ...]) -> None:
    """Raises UnsupportedSchema for the schema of a tool that is none."""
    if tools:
        await fields(Plan(tools=tools, forced=True), checked=True)


async def fields(plan: Plan, *, checked: bool) -> dict[str, Any]:
    """The fields for a plan, as far as an answer may be left to be checked."""
    guided = plan.guidance is not Guidance.NONE
    if not guided and (plan.tools or plan.thinking or isinstance(plan.form, FormedText)):
        raise InvalidRequest(UNGUIDED, code="unsupported_by_engine")
    compiled = await GRAMMARS.compiled(plan)
    if isinstance(compiled, Refusal):
        if compiled.of_text and compiled.tool is None:
            raise UnsupportedGrammar(f"The grammar can't be enforced: {compiled.message}.", AnswerGrammar())
        if compiled.of_text:
            message = f"The grammar of the tool '{compiled.tool}' can't be enforced: {compiled.message}."
            raise UnsupportedGrammar(message, ToolGrammar(compiled.tool or ""))
        path = compiled.path
        raise UnsupportedSchema(
            compiled.message, AnswerSchema(path) if compiled.tool is None else ToolSchema(compiled.tool, path)
        )
    if compiled.unheld and not checked:
        raise NotHeld(compiled.unheld)
    return {"grammar": compiled.grammar} if guided else {"json_schema": orjson.Fragment(compiled.grammar)}


def prepare() -> None:
    """Have ready what compiles grammars, before the first is asked for."""
    WORKERS.prepare(COMPILE, Plan(form=JsonObject()))


class Grammars:
    """The grammars of late, by what they were compiled from."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Compiled | Refusal] = OrderedDict()

    async def compiled(self, plan: Plan) -> Compiled | Refusal:
        """The grammar of a plan. Compiled in a process of its own: no other answer waits for it. What can't be had is
        tried once where an answer goes on without it."""
        key = hashlib.sha256(pickle.dumps(plan)).digest()
        if known := self._known.get(key):
            self._known.move_to_end(key)
            return known
        try:
            compiled: Compiled | Refusal = await WORKERS.run(COMPILE, plan, seconds=SECONDS)
        except TookTooLong:
            compiled = Refusal(f"it is too complex: compiling it takes more than {SECONDS:g} seconds")
        if isinstance(compiled, Compiled) or plan.chosen:
            self._known[key] = compiled
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return compiled


GRAMMARS = Grammars()
