"""What gives an answer its form: the fields of an engine's request that constrain what it generates."""

import asyncio
from typing import Any

from puna.core.formats import Format, FreeText
from puna.core.requests import ChatRequest
from puna.engines.llama.grammar.answers import answer_grammar, format_rule, optional_calls, required_calls
from puna.engines.llama.grammar.gbnf import Grammar
from puna.engines.llama.markup import CallShape, ThinkingTags


async def chat_constraint(
    request: ChatRequest, shape: CallShape, thinking: ThinkingTags | None, *, begun: bool
) -> dict[str, Any]:
    """The fields for an answer with calls of that shape, or JSON, after thinking that the prompt may have begun. None
    for free text. Compiled in a thread: a large grammar takes a while, and other answers go on meanwhile.

    Raises:
        UnsupportedSchema, UnsupportedGrammar: no grammar can make sure of it.
    """
    if not request.tools and isinstance(request.format, FreeText):
        return {}
    return {"grammar": await asyncio.to_thread(chat_grammar, request, shape, thinking, begun=begun)}


async def completion_constraint(form: Format) -> dict[str, Any]:
    """The fields for a completion of that form. Raises UnsupportedSchema."""
    if isinstance(form, FreeText):
        return {}
    return {"grammar": await asyncio.to_thread(format_grammar, form)}


def chat_grammar(request: ChatRequest, shape: CallShape, thinking: ThinkingTags | None, *, begun: bool) -> str:
    grammar = Grammar()
    several = request.parallel_tool_calls
    if request.tools and request.tool_choice.mode == "required":
        body = required_calls(grammar, request.tools, shape, several=several)
    elif request.tools:
        body = optional_calls(grammar, request.tools, shape, request.format, several=several)
    else:
        body = format_rule(grammar, request.format)
    return answer_grammar(body, grammar, thinking, begun=begun)


def format_grammar(form: Format) -> str:
    grammar = Grammar()
    return answer_grammar(format_rule(grammar, form), grammar, None, begun=False)
