"""What a response is made with, over HTTP or a WebSocket."""

from collections.abc import Callable

from starlette.requests import Request

from puna.api.dialect import dialect_of
from puna.api.openai.responses.body import CreateBody
from puna.api.openai.responses.service import Responses
from puna.api.services import services_of
from puna.core.errors import PunaError
from puna.http.body import body_of
from puna.observation.journal import entry_of


def note_left_out(request: Request, body: CreateBody) -> None:
    """Say in the log and in a header what of the request is not here: tools that were only offered, a wish."""
    for kind in body.toolbox.left_out:
        entry_of(request).ignore(kind, "the tool runs on OpenAI's servers")
    if body.reasoning and body.reasoning.context == "all_turns":
        entry_of(request).ignore("reasoning.context", "the model's template says which earlier thoughts it shows")


def explainer(request: Request) -> Callable[[PunaError], str]:
    """Says what the client is told of an error of the request, also when the request is long over."""
    dialect, body = dialect_of(request), body_of(request)
    return lambda error: dialect.words(error, body).message


def responses(request: Request) -> Responses:
    """The responses of this server."""
    return services_of(request).own(Responses)
