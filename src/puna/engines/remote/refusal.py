"""What other servers' errors mean."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

import orjson

from puna.core.errors import ContextLengthExceeded, InvalidRequest, Overloaded, PeerFailed, PunaError
from puna.core.subjects import Conversation

LONGEST = 500
"""How much of a server's own words is repeated, in characters."""
MOST_SECONDS = 3600
_TOO_LONG = re.compile(r"context[ _](length|size|window)|too long|maximum.{0,30}tokens", re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_FIELD = re.compile(r"[a-z_]+(\[\d+\]|\.[a-z_]+)*")
_LIMIT = re.compile(r"(?:context (?:length|size|window)|limit|maximum)[^0-9]{0,40}?([0-9]{2,})", re.IGNORECASE)
_PROMPT = re.compile(
    r"(?:requested|prompt (?:has|contains|is)|input (?:has|contains|is)|resulted in|messages?(?: has)?)"
    r"[^0-9(]{0,30}\(?([0-9]+)",
    re.IGNORECASE,
)


class ServerFailed(PeerFailed):
    """A server did not answer as it should; another one may."""


class ServerBusy(Overloaded):
    """A server takes nothing now; another one may."""


def refusal(host: str, status: int, headers: Mapping[str, str], body: bytes, key: str | None) -> PunaError:
    """The error of an answer that is none, in Puna's terms. No message has the key in it, whatever a server says."""
    error = error_of(body)
    said = hidden(words(error), key)
    match status:
        case 401 | 403:
            problem = "refused the key" if key else "asks for a key: add KEY env:VARIABLE to the Modelfile"
            return ServerFailed(f"{host} {problem}{quoted(said)}")
        case 404:
            return ServerFailed(f"{host} does not have what it is asked for{quoted(said)}")
        case 429 | 503 | 529:
            return ServerBusy(f"{host} is busy{quoted(said)}", retry_after=patience(headers))
        case _ if 300 <= status < 400:
            return ServerFailed(
                f"{host} answered with a redirect, which is not followed: put the new address into the Modelfile."
            )
        case _ if 400 <= status < 500 and status != 408:
            return invalid(error, said)
        case _:
            return ServerFailed(f"{host} failed with status {status}{quoted(said)}")


def broken(host: str, error: Any, key: str | None) -> PunaError:
    """An error in the middle of a stream."""
    error = error if isinstance(error, dict) else {"message": str(error)}
    said = hidden(words(error), key)
    code = error.get("code")
    if code in (400, 413, 422) or error.get("type") in ("invalid_request_error", "exceed_context_size_error"):
        return invalid(error, said)
    return ServerFailed(f"{host} broke off its answer{quoted(said)}")


def invalid(error: Mapping[str, Any], said: str) -> InvalidRequest:
    """A request that the server does not take as it is."""
    if error.get("type") == "exceed_context_size_error":
        return ContextLengthExceeded(error["n_prompt_tokens"], error["n_ctx"], about=Conversation())
    if error.get("code") == "context_length_exceeded" or _TOO_LONG.search(said):
        limit, prompt = _LIMIT.search(said), _PROMPT.search(said)
        if limit and prompt:
            return ContextLengthExceeded(int(prompt[1]), int(limit[1]), about=Conversation())
        return InvalidRequest(said, about=Conversation(), code="context_length_exceeded")
    param = error.get("param")
    named = param if isinstance(param, str) and _FIELD.fullmatch(param) else None
    return InvalidRequest(said or "The server of this model refused the request.", param=named)


def error_of(body: bytes) -> dict[str, Any]:
    """The error's object: OpenAI's `{"error": {…}}`, Ollama's `{"error": "…"}`, FastAPI's `{"detail": …}`."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {"message": body[:LONGEST].decode(errors="replace").strip()}
    if isinstance(document, dict):
        found = document.get("error", document.get("detail", document))
        return found if isinstance(found, dict) else {"message": found if isinstance(found, str) else str(found)}
    return {}


def words(error: Mapping[str, Any]) -> str:
    """What the server says, not more than a client should read."""
    said = error.get("message")
    text = " ".join(said.split()) if isinstance(said, str) else ""
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def hidden(text: str, key: str | None) -> str:
    """The text without the key."""
    return text.replace(key, "***") if key else text


def quoted(said: str) -> str:
    return f": {said}" if said else "."


def patience(headers: Mapping[str, str]) -> int:
    """How many seconds to wait, as the server says: in seconds, or as a date."""
    told = headers.get("retry-after", "")
    try:
        seconds = float(told) if _SECONDS.fullmatch(told) else parsedate_to_datetime(told).timestamp() - time()
    except ValueError:
        seconds = 1
    return max(1, min(MOST_SECONDS, round(seconds)))
