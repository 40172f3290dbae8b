"""A chat's request in the words of OpenAI's API, as one kind of server knows them."""

from typing import Any

from puna.core.errors import InvalidRequest, NotHeld, UnsupportedGrammar
from puna.core.formats import Format, FormedText, FreeText, JsonObject, JsonSchema
from puna.core.requests import ChatRequest
from puna.core.subjects import AnswerGrammar, MessageAt, ToolGrammar
from puna.core.tools import Tool
from puna.engines.remote.discovery import Traits
from puna.engines.remote.messages import messages_body
from puna.engines.remote.sampling import sampling_body, unknown
from puna.engines.remote.servers import Server


def chat_body(request: ChatRequest, model: str, traits: Traits) -> dict[str, Any]:
    """The body, without the number of choices.

    Raises InvalidRequest for what the server would pass over, NotHeld where the answer has to be checked.
    """
    server = traits.server
    check_held(request, server)
    body: dict[str, Any] = {
        "model": model,
        "messages": messages_body(request.messages, traits),
        **sampling_body(request.sampling, server),
        **tools_body(request, server),
        **form_body(request.format, server),
        **thinking_body(request, server),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.logprobs is not None:
        if not traits.logprobs:
            raise unknown("logprobs", server)
        body |= {"logprobs": True, **({"top_logprobs": request.logprobs} if request.logprobs else {})}
    if request.messages[-1].role == "assistant":
        if server.continues is None:
            raise InvalidRequest(
                f"The server of this model ({server.name}) can't continue a message of the assistant.",
                about=MessageAt(1),
            )
        body |= server.continues
    if request.prediction and server.predicts:
        body["prediction"] = {"type": "content", "content": request.prediction}
    return body


def check_held(request: ChatRequest, server: Server) -> None:
    """Raises NotHeld where the server alone does not make sure that the answer fits its schemas."""
    if request.checked:
        return
    if isinstance(request.format, JsonSchema | JsonObject) and not server.holds_schemas:
        raise NotHeld(("schema",))
    strict = any(tool.strict for tool in request.tools) or request.tool_choice.mode == "required"
    if request.tools and strict and request.tool_choice.mode != "none" and not server.holds_schemas:
        raise NotHeld(("tools",))


def tools_body(request: ChatRequest, server: Server) -> dict[str, Any]:
    """The tools that may be called, and whether they have to be. Where none may, none is sent."""
    choice = request.tool_choice
    tools = [tool for tool in request.tools if choice.names is None or tool.name in choice.names]
    if not tools or choice.mode == "none":
        return {}
    body: dict[str, Any] = {"tools": [tool_body(tool) for tool in tools]}
    if choice.mode == "required":
        if not server.forces_calls:
            raise unknown("tool_choice", server)
        named = {"type": "function", "function": {"name": tools[0].name}}
        body["tool_choice"] = named if len(tools) == 1 else "required"
    return body


def tool_body(tool: Tool) -> dict[str, Any]:
    if tool.text is not None:
        raise UnsupportedGrammar("The server of this model does not support grammars.", ToolGrammar(tool.name))
    function: dict[str, Any] = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": {**function, **({"strict": True} if tool.strict else {})}}


def form_body(form: Format, server: Server) -> dict[str, Any]:
    """The form of the answer."""
    match form:
        case FreeText():
            return {}
        case JsonObject():
            return {"response_format": {"type": "json_object"}}
        case JsonSchema(schema=schema, name=name):
            described = {"name": name, "schema": schema, "strict": True}
            return {"response_format": {"type": "json_schema", "json_schema": described}}
        case FormedText(grammar):
            if not server.structured_outputs:
                raise UnsupportedGrammar("The server of this model does not support grammars.", AnswerGrammar())
            word = "regex" if grammar.syntax == "regex" else "grammar"
            return {"structured_outputs": {word: grammar.definition}}


def thinking_body(request: ChatRequest, server: Server) -> dict[str, Any]:
    """How much to think, and what else goes to the chat template."""
    body: dict[str, Any] = {}
    variables = dict(request.template_variables)
    if request.effort is not None and server.effort_in_template:
        variables.setdefault("enable_thinking", request.effort != "none")
        if request.effort != "none":
            variables.setdefault("reasoning_effort", request.effort)
    elif request.effort is not None:
        body["reasoning_effort"] = server.efforts.get(request.effort, request.effort)
    if request.thinking_tokens is not None:
        if server.thinking_tokens is None:
            raise unknown("thinking_tokens", server)
        name, _, inner = server.thinking_tokens.partition(".")
        body[name] = {inner: request.thinking_tokens} if inner else request.thinking_tokens
    if variables:
        if server.template_variables is None:
            raise unknown("chat_template_kwargs", server)
        body[server.template_variables] = variables
    if not request.generation_prompt:
        if server.generation_prompt is None:
            raise unknown("add_generation_prompt", server)
        body[server.generation_prompt] = False
    return body
