"""Finding out what kind of server an address is, and what its model can do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from puna.core.remote import Address
from puna.engines.remote.client import Client
from puna.engines.remote.refusal import ServerFailed, refusal
from puna.engines.remote.servers import GENERIC, LLAMA_SERVER, OLLAMA, OPENAI, PUNA, SGLANG, VLLM, Server

OWNERS: Mapping[str, Server] = {"vllm": VLLM, "sglang": SGLANG, "llamacpp": LLAMA_SERVER, "llama.cpp": LLAMA_SERVER}
"""What a server says in its list of models of who has made them."""
HOSTS: Mapping[str, Server] = {"api.openai.com": OPENAI, "ollama.com": OLLAMA}


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What is known of one server and its model. `capabilities` are Ollama's words, None where the server does not
    tell. `choices` and `logprobs` are given up where an answer has shown that the server passes over them."""

    server: Server = GENERIC
    context_length: int | None = None
    capabilities: frozenset[str] | None = None
    choices: bool = True
    logprobs: bool = True


async def discover(client: Client, address: Address, key: str | None) -> Traits:
    """Ask a server what it is.

    Raises ServerFailed where it is no such server or refuses the key, and ConnectionError.
    """
    status, models = await fetch(client, "GET", "/models", key=key)
    if status in (401, 403) or 300 <= status < 400 or status >= 500 or status == 429:
        raise refusal(address.host, status, {}, orjson.dumps(models), key)
    row = model_row(models, address.model)
    server = HOSTS.get(address.host) or OWNERS.get(str(row.get("owned_by", "")).lower())
    if server is None:
        server = await by_version(client, key)
    traits = Traits(server=server, context_length=whole(row.get("max_model_len")), choices=server.choices)
    if server in (PUNA, OLLAMA):
        return await shown(client, address, key, traits)
    if server is LLAMA_SERVER:
        return await propertied(client, key, traits)
    return traits


async def by_version(client: Client, key: str | None) -> Server:
    """Puna and Ollama both say a version, and Puna its own as well."""
    status, version = await fetch(client, "GET", "/api/version", key=key, root=True)
    if status != 200 or not isinstance(version, dict) or "version" not in version:
        return GENERIC
    return PUNA if "puna" in version else OLLAMA


async def shown(client: Client, address: Address, key: str | None, traits: Traits) -> Traits:
    """What the native API says of a model."""
    status, model = await fetch(client, "POST", "/api/show", {"model": address.model}, key=key, root=True)
    if status == 404:
        raise ServerFailed(f"{address.host} has no model '{address.model}'.")
    if status != 200 or not isinstance(model, dict):
        return traits
    info = model.get("model_info") or {}
    lengths = [value for name, value in info.items() if name.endswith(".context_length")]
    said = model.get("capabilities")
    return replace(
        traits,
        context_length=whole(lengths[0]) if lengths and traits.server is PUNA else None,
        capabilities=frozenset(map(str, said)) if isinstance(said, list) else None,
    )


async def propertied(client: Client, key: str | None, traits: Traits) -> Traits:
    """What llama-server says of its model."""
    status, found = await fetch(client, "GET", "/props", key=key, root=True)
    if status != 200 or not isinstance(found, dict):
        return traits
    settings, senses = found.get("default_generation_settings") or {}, found.get("modalities") or {}
    seen = {"completion", "tools", "thinking", "embedding", *(sense for sense in senses if senses[sense])}
    return replace(traits, context_length=whole(settings.get("n_ctx")), capabilities=frozenset(seen))


async def fetch(
    client: Client, method: str, path: str, body: Any = None, *, key: str | None, root: bool = False
) -> tuple[int, Any]:
    """The status, and the JSON of the answer; None for what is no JSON."""
    async with client.ask(method, path, body, key=key, root=root) as answer:
        content = await answer.whole()
        try:
            return answer.status, orjson.loads(content)
        except orjson.JSONDecodeError:
            return answer.status, None


def model_row(models: Any, name: str) -> Mapping[str, Any]:
    """The model's row in the list of models, else the first one, which tells the server as well."""
    rows = models.get("data") if isinstance(models, dict) else None
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    named = (row for row in found if row.get("id") == name)
    return next(named, found[0] if found else {})


def whole(value: Any) -> int | None:
    """A number of tokens, if it is one."""
    return value if isinstance(value, int) and value > 0 else None
