"""A dialect is a module and an entry: nothing else knows it."""

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from puna.api.dialect import Dialect, Words
from puna.api.dialects import DIALECTS
from puna.api.services import Services, services_of
from puna.core.errors import InvalidRequest, PunaError
from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.core.subjects import Conversation, Subject
from puna.http.body import Body, read_body
from puna.http.json import JSONResponse
from puna.server import create_app
from puna.settings import Settings


class Greeter:
    """A service of this dialect's own."""

    def __init__(self, services: Services) -> None:
        self.models = sum(model.config.format == "gguf" for model in services.library.list())
        self.closed = False

    async def close(self) -> None:
        self.closed = True


class SayBody(Body):
    words: str


async def say(request: Request) -> Response:
    body = await read_body(request, SayBody)
    if not body.words:
        raise InvalidRequest("There is nothing to answer.", about=Conversation())
    message = Message(role="user", content=(Text(body.words),))
    asked = ChatRequest(messages=(message,), defaults=Sampling(temperature=0.0, max_tokens=4))
    events = services_of(request).inference.chat("tiny", asked)
    return JSONResponse({"said": "".join([getattr(event, "text", "") async for event in events])})


async def models(request: Request) -> Response:
    return JSONResponse({"toy": services_of(request).own(Greeter).models})


def name_of(about: Subject, body: object) -> str | None:
    return "words" if isinstance(body, SayBody) and about == Conversation() else None


def render_error(error: PunaError, words: Words) -> dict[str, Any]:
    return {"toy": [type(error).__name__, *words]}


TOY = Dialect(
    name="toy",
    routes=[Route("/v1/say", say, methods=["POST"]), Route("/v1/models", models)],
    claims=lambda request: request.url.path.startswith("/v1/say") or "toy-version" in request.headers,
    name_of=name_of,
    error=render_error,
    unknown_path=lambda request: {"toy": f"no {request.url.path}"},
    wrong_method=lambda request, allowed: {"toy": f"not {request.method} but {allowed}"},
    api_key=lambda headers: headers.get("toy-key", ""),
    key_wanted="Toy-Key: YOUR_KEY",
    changes_models=lambda request: request.method == "POST",
)
HEADERS = {"toy-version": "1"}


@asynccontextmanager
async def serving(home: Path, **variables: str) -> AsyncIterator[httpx2.AsyncClient]:
    settings = Settings.from_environment({"PUNA_HOME": str(home), **variables})
    app = create_app(settings, dialects=(TOY, *DIALECTS))
    transport = httpx2.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        yield client


async def test_it_answers_beside_the_others_under_the_same_prefix(tmp_path: Path) -> None:
    async with serving(tmp_path) as client:
        said = await client.post("/v1/say", json={"words": "Say this is a test"})
        assert said.json() == {"said": "This is a test"}
        assert (await client.get("/v1/models", headers=HEADERS)).json() == {"toy": 1}
        assert (await client.get("/v1/models")).json()["object"] == "list"
        assert (await client.get("/api/tags")).json()["models"]


async def test_its_key_is_where_it_says(tmp_path: Path) -> None:
    limited = f'[ann]\nsha256 = "{hashlib.sha256(b"secret").hexdigest()}"\nmodels = ["tiny"]\n'
    (tmp_path / "keys.toml").write_text(limited)
    async with serving(tmp_path, PUNA_API_KEYS="other", PUNA_API_KEYS_FILE=str(tmp_path / "keys.toml")) as client:
        nothing = await client.get("/v1/models", headers=HEADERS)
        assert (nothing.status_code, nothing.json()["toy"][1]) == (401, "An API key is needed: Toy-Key: YOUR_KEY.")
        elsewhere = await client.get("/v1/models", headers={**HEADERS, "authorization": "Bearer other"})
        assert elsewhere.status_code == 401
        assert (await client.get("/v1/models", headers={**HEADERS, "toy-key": "other"})).json() == {"toy": 1}
        assert (await client.get("/v1/models", headers={"toy-key": "other"})).status_code == 401
        said = await client.post("/v1/say", json={"words": "x"}, headers={"toy-key": "secret"})
        assert (said.status_code, said.json()["toy"][0]) == (403, "Forbidden")


async def test_its_errors_are_in_its_words(tmp_path: Path) -> None:
    async with serving(tmp_path, PUNA_MAX_REQUEST_SIZE="100") as client:
        empty = await client.post("/v1/say", json={"words": ""})
        assert (empty.status_code, empty.json()) == (
            400,
            {"toy": ["InvalidRequest", "There is nothing to answer.", "words"]},
        )
        unknown = await client.post("/v1/say", json={"word": "x"})
        assert (unknown.status_code, unknown.json()["toy"][2]) == (400, "words")
        large = await client.post("/v1/say", json={"words": "x" * 100})
        assert (large.status_code, large.json()["toy"][0]) == (413, "RequestTooLarge")
        missing = await client.get("/v1/nothing", headers=HEADERS)
        assert (missing.status_code, missing.json()) == (404, {"toy": "no /v1/nothing"})
        wrong = await client.get("/v1/say")
        assert (wrong.status_code, wrong.json()) == (405, {"toy": "not GET but POST"})


def told(refused: httpx2.Response, place: list[Any]) -> Any:
    """What stands in that place of a refusal."""
    found = refused.json()
    for step in place:
        found = found[step]
    return found


REFUSALS = [
    ("/v1/models", {}, ["error", "code"]),
    ("/api/tags", {}, ["error"]),
    ("/metrics", {}, ["error"]),
    ("/v1/models", HEADERS, ["toy", 0]),
    ("/v1/say", {}, ["toy", 0]),
]


@pytest.mark.parametrize(("path", "headers", "place"), REFUSALS)
async def test_a_key_that_is_missing_is_told_in_the_dialects_words(
    tmp_path: Path, path: str, headers: dict[str, str], place: list[Any]
) -> None:
    async with serving(tmp_path, PUNA_API_KEYS="one") as client:
        refused = await client.get(path, headers=headers)
    assert refused.status_code == 401
    assert told(refused, place) in (
        "missing_api_key",
        "Unauthorized",
        "An API key is needed: Authorization: Bearer YOUR_KEY.",
    )


@pytest.mark.parametrize(("path", "headers", "place"), REFUSALS)
async def test_a_page_of_another_site_is_refused_in_the_dialects_words(
    tmp_path: Path, path: str, headers: dict[str, str], place: list[Any]
) -> None:
    async with serving(tmp_path) as client:
        refused = await client.get(path, headers={**headers, "origin": "https://evil.test"})
    assert refused.status_code == 403
    assert "PUNA_ORIGINS" in refused.text
    assert re.fullmatch(r"forbidden|Forbidden|The origin '.*' is not allowed; .*", told(refused, place))


@pytest.mark.parametrize(("path", "headers", "place"), REFUSALS)
async def test_a_server_that_ends_says_so_in_the_dialects_words(
    tmp_path: Path, path: str, headers: dict[str, str], place: list[Any]
) -> None:
    app = create_app(Settings.from_environment({"PUNA_HOME": str(tmp_path)}), dialects=(TOY, *DIALECTS))
    app.draining.closed = True
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://localhost") as client:
        refused = await client.get(path, headers=headers)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
    assert refused.headers["connection"] == "close"
    assert told(refused, place) in ("server_shutting_down", "ShuttingDown", "The server is shutting down.")


async def test_a_service_of_its_own_ends_with_the_application(tmp_path: Path) -> None:
    settings = Settings.from_environment({"PUNA_HOME": str(tmp_path)})
    services = Services(settings, lambda _: pytest.fail("no model was needed"))
    greeter = services.own(Greeter)
    assert services.own(Greeter) is greeter
    await services.close()
    assert greeter.closed


async def test_a_defect_is_a_500_in_the_dialects_words(tmp_path: Path) -> None:
    async def broken(_: Request) -> Response:
        raise ZeroDivisionError

    odd = Dialect(
        name="odd",
        routes=[Route("/odd", broken)],
        claims=lambda request: request.url.path == "/odd",
        name_of=name_of,
        error=render_error,
        unknown_path=lambda _: {},
        wrong_method=lambda _, __: {},
    )
    app = create_app(Settings.from_environment({"PUNA_HOME": str(tmp_path)}), dialects=(odd,))
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/odd")
    assert answer.status_code == 500
    assert answer.json() == {"toy": ["PunaError", "internal error: ZeroDivisionError", None]}
