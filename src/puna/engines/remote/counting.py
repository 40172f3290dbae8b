"""How long a prompt is, by one server."""

from puna.core.errors import InvalidRequest
from puna.core.requests import ChatRequest
from puna.core.subjects import Conversation
from puna.engines.remote.chat_body import tools_body
from puna.engines.remote.messages import messages_body
from puna.engines.remote.servers import LLAMA_SERVER, PUNA, VLLM
from puna.engines.remote.upstream import Upstream


async def count_tokens(upstream: Upstream, request: ChatRequest) -> int:
    """The tokens of a conversation's prompt. Raises InvalidRequest where the server does not count."""
    traits = await upstream.traits()
    model = upstream.address.model
    body = {"messages": messages_body(request.messages, traits), **tools_body(request, traits.server)}
    body.pop("tool_choice", None)
    if traits.server is VLLM:
        return int((await upstream.post("/tokenize", {"model": model, **body}, root=True))["count"])
    if traits.server is LLAMA_SERVER:
        prompt = (await upstream.post("/apply-template", body, root=True))["prompt"]
        tokens = await upstream.post("/tokenize", {"content": prompt, "add_special": True}, root=True)
        return len(tokens["tokens"])
    if traits.server is PUNA:
        answer = await upstream.post("/chat/completions", {"model": model, **body, "max_tokens": 1})
        return int(answer["usage"]["prompt_tokens"])
    raise InvalidRequest(
        f"The server of this model ({traits.server.name}) does not count the tokens of a prompt.",
        about=Conversation(),
    )
