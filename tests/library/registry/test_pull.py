import asyncio
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from puna.core.errors import InvalidRequest, ModelNotFound, PunaError
from puna.library.digest import Digest
from puna.library.errors import StoreFailed
from puna.library.library import Library
from puna.library.manifest import WEIGHTS, InvalidManifest, Layer, Manifest
from puna.library.names import ModelName
from puna.library.registry import transport
from puna.library.registry.credentials import Credentials
from puna.library.registry.errors import Interrupted, RegistryError, Unreachable
from puna.library.registry.partial import BLOCK
from puna.library.registry.progress import Progress, Status, Transfer
from puna.library.registry.pull import pull
from tests.library.registry.fake_registry import Server, serving

SMALL = b"config"
BIG = random.Random(1).randbytes(9 * BLOCK + 12345)


def name(server: Server, text: str = "me/m:latest") -> ModelName:
    return ModelName.parse(f"http://{server.address}/{text}")


async def pulled(library: Library, wanted: ModelName, **options: Any) -> list[Progress]:
    options = {"insecure": True, "credentials": Credentials(), "pause": 0.0, **options}
    return [progress async for progress in pull(library, wanted, **options)]


def kept(root: Path) -> set[str]:
    """What is in the store but locks."""
    found = {path.name for path in root.rglob("*") if path.is_file()}
    return {name for name in found if not name.endswith(".lock")}


async def test_a_model_is_pulled_whole(server: Server, library: Library) -> None:
    made = server.offer("latest", SMALL, BIG, b"")
    progress = await pulled(library, name(server))
    model = library.get(name(server))
    assert model.digest == made.digest.hex
    assert model.weights.read_bytes() == BIG
    assert library.verify(name(server)) == []
    assert progress[0] == Status("pulling manifest")
    assert progress[-2:] == [Status("writing manifest"), Status("success")]
    big = [step.completed for step in progress if isinstance(step, Transfer) and step.digest == Digest.of(BIG)]
    assert big == sorted(big)
    assert big[0] == 0
    assert big[-1] == len(BIG)
    assert len(server.asked("blobs")) > 3
    assert not [path for path in library.store.staging.folder.iterdir() if path.suffix != ".lock"]


async def test_a_model_for_a_newer_ollama_is_pulled_with_a_warning(server: Server, library: Library) -> None:
    server.offer("latest", b'{"requires":"99.1.0"}', b"weights")
    warning, end = (await pulled(library, name(server)))[-2:]
    assert isinstance(warning, Status)
    assert warning.message.startswith("warning: this model requires Ollama 99.1.0, but Puna follows Ollama ")
    assert end == Status("success")


async def test_a_model_that_is_there_costs_one_request(server: Server, library: Library) -> None:
    server.offer("latest", SMALL, BIG)
    await pulled(library, name(server))
    server.requests.clear()
    progress = await pulled(library, name(server))
    assert len(server.requests) == 1
    assert progress == [Status("pulling manifest"), Status("success")]


async def test_a_changed_model_brings_only_what_is_new(server: Server, library: Library) -> None:
    server.offer("latest", SMALL, BIG)
    await pulled(library, name(server))
    server.requests.clear()
    server.offer("latest", b"other", BIG)
    await pulled(library, name(server))
    assert {request.path.rsplit("/")[-1] for request in server.asked("blobs")} == {str(Digest.of(b"other"))}


async def test_a_pinned_model_is_that_one_or_none(server: Server, library: Library) -> None:
    made = server.offer("latest", SMALL, BIG)
    server.manifests[str(made.digest)] = made.raw
    await pulled(library, name(server, f"me/m@{made.digest}"))
    assert library.get(name(server)).digest == made.digest.hex
    other = Digest.of(b"other")
    server.manifests[str(other)] = made.raw
    with pytest.raises(RegistryError, match="sent the manifest"):
        await pulled(library, name(server, f"me/m@{other}"))


async def test_a_registry_that_is_down_for_a_while_is_waited_for(server: Server, library: Library) -> None:
    server.offer("latest", SMALL, BIG)
    server.unavailable = 5
    await pulled(library, name(server))
    assert library.verify(name(server)) == []


async def test_a_registry_that_stays_down_is_given_up(server: Server, library: Library, root: Path) -> None:
    server.unavailable = 1000
    with pytest.raises(Interrupted, match="answers 503"):
        await pulled(library, name(server))
    assert kept(root) == set()


async def test_nobody_there_is_said(library: Library) -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
        await pulled(library, ModelName.parse("http://127.0.0.1:9/me/m"))


async def test_answers_that_break_off_are_gone_on_with(server: Server, library: Library) -> None:
    server.offer("latest", SMALL, BIG)
    server.stops = [3, *[BLOCK + 17] * 8, 0, 5, 0, 0]
    await pulled(library, name(server))
    assert library.get(name(server)).weights.read_bytes() == BIG


async def test_what_came_is_not_fetched_again(server: Server, library: Library) -> None:
    server.offer("latest", SMALL, BIG)
    server.stops = [len(SMALL), *[BLOCK + 1] * 4, *[0] * 1000]
    with pytest.raises(Interrupted):
        await pulled(library, name(server))
    with pytest.raises(ModelNotFound):
        library.get(name(server))
    server.stops, server.requests = [], []
    sent: list[int] = []
    server.sent = sent.append
    progress = await pulled(library, name(server))
    transfers = [step for step in progress if isinstance(step, Transfer) and step.digest == Digest.of(BIG)]
    assert transfers[1].completed > 2 * BLOCK
    assert sum(sent) < len(BIG)


async def test_a_registry_without_ranges_will_do(server: Server, library: Library) -> None:
    server.offer("latest", SMALL, BIG)
    server.ignores_ranges = True
    await pulled(library, name(server))
    assert library.verify(name(server)) == []


async def test_two_pulls_at_once_fetch_once(server: Server, library: Library, root: Path) -> None:
    server.offer("latest", SMALL, BIG)
    sent: list[int] = []
    server.sent = sent.append
    await asyncio.gather(*(pulled(Library(root), name(server)) for _ in range(3)))
    assert library.verify(name(server)) == []
    assert sum(sent) == len(SMALL) + len(BIG)


async def test_leaving_keeps_what_came(server: Server, library: Library) -> None:
    server.offer("latest", SMALL, BIG)
    steps = pull(library, name(server), insecure=True, credentials=Credentials())
    async for step in steps:
        if isinstance(step, Transfer) and step.total == len(BIG) and step.completed:
            break
    await steps.aclose()  # type: ignore[attr-defined]
    assert library.store.staging.partial(Digest.of(BIG)).exists()
    await pulled(library, name(server))
    assert library.verify(name(server)) == []


async def test_a_token_is_got_where_one_is_asked_for(server: Server, library: Library) -> None:
    server.offer("latest", SMALL, BIG)
    server.token = "secret"
    await pulled(library, name(server))
    (request,) = [request for request in server.requests if request.path == "/token"]
    assert dict(request.query) == {"service": "test", "scope": "repository:me/m:pull"}


async def test_names_and_passwords_are_told_to_who_asks(server: Server, library: Library) -> None:
    server.offer("latest", SMALL)
    server.token = "secret"
    await pulled(library, name(server), credentials=Credentials(basic={server.address: ("me", "pass")}))
    (request,) = [request for request in server.requests if request.path == "/token"]
    assert request.headers["Authorization"] == "Basic bWU6cGFzcw=="


async def test_a_redirect_is_followed_without_the_authorisation(server: Server, library: Library) -> None:
    server.offer("latest", SMALL, BIG)
    server.token = "secret"
    elsewhere = Server(blobs=server.blobs)
    async with serving(elsewhere):
        server.redirect = lambda request: (
            f"http://{elsewhere.address}{request.path}?signed=a%2Fb" if "/blobs/" in request.path else None
        )
        await pulled(library, name(server))
    assert library.verify(name(server)) == []
    assert elsewhere.requests
    assert not [request for request in elsewhere.requests if "Authorization" in request.headers]
    assert {request.rel_url.raw_query_string for request in elsewhere.requests} == {"signed=a%2Fb"}


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/x", "https://127.0.0.1/x", "file:///etc/passwd"])
async def test_a_redirect_to_another_scheme_is_refused(server: Server, library: Library, location: str) -> None:
    server.offer("latest", SMALL)
    server.redirect = lambda request: location
    with pytest.raises(RegistryError, match="which is not followed"):
        await pulled(library, name(server))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has every address of 127.0.0.0/8")
@pytest.mark.parametrize("way", ["redirect", "token"])
async def test_a_registry_on_the_internet_leads_nowhere_else(
    server: Server, library: Library, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """CVE-2026-5530 and CVE-2026-85180 of Ollama: by its redirects a registry could look around in a network."""
    monkeypatch.setattr(transport, "is_public", lambda address: str(address) == "127.0.0.1")
    server.offer("latest", SMALL)
    inner = Server(blobs=server.blobs, manifests=server.manifests, token="inner")
    async with serving(inner, "127.0.0.2"):
        if way == "redirect":
            server.redirect = lambda request: f"http://{inner.address}{request.path}"
        else:
            server.token, server.realm = "secret", f"http://{inner.address}/token"
        with pytest.raises(RegistryError, match="not on the internet"):
            await pulled(library, name(server))
    assert inner.requests == []


async def test_redirects_in_a_circle_are_refused(server: Server, library: Library) -> None:
    server.redirect = lambda request: request.path
    with pytest.raises(RegistryError, match="redirects more than"):
        await pulled(library, name(server))


async def test_http_is_only_spoken_where_asked(server: Server, library: Library) -> None:
    with pytest.raises(InvalidRequest, match="not encrypted; add --insecure"):
        await pulled(library, name(server), insecure=False)
    assert server.requests == []
    server.offer("latest", SMALL)
    await pulled(library, ModelName.parse(f"{server.address}/me/m"))
    assert library.get(name(server))


async def test_the_bundled_model_is_up_to_date(library: Library) -> None:
    steps = [step async for step in pull(library, ModelName.parse("tiny"))]
    assert steps == [Status("pulling manifest"), Status("success")]


async def test_an_unknown_model_is_said_to_be_unknown(server: Server, library: Library) -> None:
    with pytest.raises(ModelNotFound, match=f"is not in the registry {server.address}"):
        await pulled(library, name(server))


def lying(server: Server, **changes: Any) -> None:
    for field, value in changes.items():
        setattr(server, field, value)


@pytest.mark.parametrize(
    ("changes", "error", "problem"),
    [
        ({"total": 5}, RegistryError, "has 5 bytes, but the manifest says"),
        ({"surplus": b"x" * 3}, RegistryError, "sent more of"),
        ({"surplus": b"x" * 3 * BLOCK, "ignores_ranges": True}, RegistryError, "sent more of"),
        ({"blobs": {str(Digest.of(SMALL)): b"c0nfig"}}, RegistryError, "whose digest is"),
        ({"blobs": {}}, RegistryError, "answers 404: there is no such thing"),
        ({"blobs": {str(Digest.of(SMALL)): b"confi"}, "ignores_ranges": True}, RegistryError, "has 5 bytes"),
        ({"manifests": {"latest": b"<html>"}}, InvalidManifest, "not JSON"),
        ({"manifests": {"latest": b"{}"}}, InvalidManifest, "no list of layers"),
        ({"manifests": {"latest": b'{"layers": [{"digest": "sha256:../../x", "size": 1, "mediaType": ""}]}'}},
         InvalidManifest, "sha256 digest"),
        ({"manifests": {"latest": b'{"layers": [{"digest": "x", "size": -1, "mediaType": ""}]}'}},
         InvalidManifest, "impossible size"),
        ({"manifests": {"latest": b" " * (5 << 20)}}, RegistryError, "sent more than"),
        ({"token": "x", "realm": "/nowhere"}, RegistryError, "issued no token"),
        ({"token": "x", "realm": "https://127.0.0.1/token"}, RegistryError, "not followed"),
        ({"total": 5, "token": ""}, RegistryError, "has 5 bytes"),
    ],
)  # fmt: skip
async def test_a_lie_is_found_and_leaves_nothing(
    server: Server,
    library: Library,
    root: Path,
    changes: dict[str, Any],
    error: type[PunaError],
    problem: str,
) -> None:
    server.offer("before", b"before")
    await pulled(library, name(server, "me/m:before"))
    before = kept(root)
    server.offer("latest", SMALL)
    lying(server, **changes)
    with pytest.raises(error, match=problem):
        await pulled(library, name(server))
    assert kept(root) == before


async def test_a_model_that_does_not_fit_is_not_begun(server: Server, library: Library, root: Path) -> None:
    layer = Layer(WEIGHTS, Digest.of(b"huge"), 1 << 60)
    server.manifests["latest"] = Manifest.of(layer, [layer]).raw
    with pytest.raises(StoreFailed, match=r"the model needs 1152921504.6 GB more, but only .* GB are free"):
        await pulled(library, name(server))
    assert server.asked("blobs") == []


PULL = """
import asyncio, sys
from pathlib import Path
from puna.library.library import Library
from puna.library.names import ModelName
from puna.library.registry import transport
from puna.library.registry.pull import pull
async def main():
    async for step in pull(Library(Path(sys.argv[1])), ModelName.parse(sys.argv[2]), insecure=True):
        pass
asyncio.run(main())
"""


def journal(library: Library, digest: Digest) -> bytes:
    path = library.store.staging.partial(digest)
    file = path.with_name(path.name + ".journal")
    return file.read_bytes() if file.exists() else b""


async def test_a_pull_that_is_killed_five_times_goes_on_each_time(
    server: Server, library: Library, root: Path
) -> None:
    content = b"".join(bytes([block]) * BLOCK for block in range(60))
    digest = Digest.of(content)
    server.offer("latest", SMALL, content)
    chance = random.Random()
    kills = 0
    while True:
        before = journal(library, digest)
        server.requests.clear()
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PULL, str(root), str(name(server)), stderr=subprocess.PIPE
        )
        left = chance.randrange(1, 5 * BLOCK) if kills < 5 else 1 << 40

        def count(sent: int, child: asyncio.subprocess.Process = child) -> None:
            nonlocal left
            left -= sent
            if left <= 0 and child.returncode is None:
                child.kill()

        server.sent = count
        _, problems = await child.communicate()
        for request in server.asked("blobs"):
            if str(digest) in request.path:
                start, stop = map(int, request.headers["Range"].removeprefix("bytes=").split("-"))
                assert not any(before[start // BLOCK : stop // BLOCK + 1]), "what was there was fetched again"
        if child.returncode == 0:
            break
        assert left <= 0, problems.decode()
        kills += 1
    assert kills == 5
    assert library.verify(name(server)) == []
