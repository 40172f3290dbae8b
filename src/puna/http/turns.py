"""A WebSocket is one connection and many requests: each of its messages that asks for something is a turn.

What stands around HTTP requests (access log, keys, the server's end) stands around turns, too. A middleware says at
the handshake what it does around each (`around`); whoever reads the messages wraps each in a `turn`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from puna.core.errors import PunaError

Around = Callable[[Scope], AbstractContextManager[None]]
"""Made of a turn's scope, which is that of an HTTP request: what is to happen before and after it. It
may raise a PunaError before it."""


def around(scope: Scope, manager: Around) -> None:
    """Have every turn of a connection happen within such a context. The first that is added is the outermost."""
    scope.setdefault("state", {}).setdefault("around_turns", []).append(manager)


def as_request(scope: Scope) -> Scope:
    """The scope of a connection as that of a request, as which it came: a GET, or a POST where it is a turn."""
    return {**scope, "type": "http", "method": "GET", "state": dict(scope.get("state", {}))}


class Turn(NamedTuple):
    """A request of a connection, as if it had come over HTTP without a body, and why it is not to be answered, if one
    of those around it says so."""

    request: Request
    refusal: PunaError | None


@contextmanager
def turn(scope: Scope) -> Iterator[Turn]:
    """One request of a connection, with everything around it."""
    request = Request({**as_request(scope), "method": "POST"})
    refusal = None
    with ExitStack() as stack:
        for manager in request.scope["state"].pop("around_turns", ()):
            try:
                stack.enter_context(manager(request.scope))
            except PunaError as error:
                refusal = error
                break
        yield Turn(request, refusal)


async def refuse(scope: Scope, receive: Receive, send: Send, response: Response) -> None:
    """Answer a handshake with an HTTP response."""
    await WebSocket(scope, receive, send).send_denial_response(response)
