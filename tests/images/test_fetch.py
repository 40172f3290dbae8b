import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from puna.core.errors import InvalidRequest
from puna.images import fetch
from puna.images.fetch import Fetcher, Refused, Rules

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[BaseTestServer]:
    app = web.Application()
    app.router.add_get("/{tail:.*}", handler)
    async with TestServer(app) as server:
        yield server


async def picture(_: web.Request) -> web.Response:
    return web.Response(body=b"picture")


async def reason(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(InvalidRequest) as refused:
        await fetcher.fetch(url, "image_url")
    assert refused.value.param == "image_url"
    return refused.value.message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_this_machine_is_refused_unless_it_is_allowed(host: str) -> None:
    async with serving(picture) as server:
        url = f"http://{host}:{server.port}/a.png"
        assert "not a public address" in await reason(Fetcher(), url)
        assert await Fetcher((host,)).fetch(url, "image_url") == b"picture"
        assert await Fetcher(("*",)).fetch(url, "image_url") == b"picture"


LOCALHOSTS = (
    "①②⑦.⓪.⓪.① １２７.0.0.1 127。0。0。1 127．0．0．1 127｡0｡0｡1 127.0.0.① 𝟏𝟐𝟕.𝟎.𝟎.𝟏 127.1 0x7f.1 "  # noqa: RUF001
    "2130706433 017700000001 0177.0.0.1 0 0.0.0.0 [::ffff:127.0.0.1] [::ffff:7f00:1] ⓛocalhost a:b@127.0.0.1"
)
"""This machine, as one reader of URLs or another understands it."""


@pytest.mark.parametrize("host", LOCALHOSTS.split())
async def test_no_spelling_of_this_machine_gets_there(host: str) -> None:
    asked = []

    async def count(request: web.Request) -> web.Response:
        asked.append(request.path)
        return await picture(request)

    async def redirect(request: web.Request) -> web.Response:
        if request.host.startswith("allowed"):
            return web.Response(status=302, headers={"Location": f"http://{host}:{request.url.port}/"})
        return await count(request)

    async with serving(redirect) as server:
        await reason(Fetcher(), f"http://{host}:{server.port}/")
        await reason(Fetcher(("allowed.localhost",)), f"http://allowed.localhost:{server.port}/")
    assert not asked


async def test_a_redirect_is_vetted_like_the_first_address() -> None:
    async def redirect(request: web.Request) -> web.Response:
        target = f"http://127.0.0.1:{request.url.port}/picture"
        return (
            web.Response(status=302, headers={"Location": target}) if request.path == "/" else await picture(request)
        )

    async with serving(redirect) as server:
        url = f"http://localhost:{server.port}/"
        assert "not a public address" in await reason(Fetcher(("localhost",)), url)
        assert await Fetcher(("localhost", "127.0.0.0/8")).fetch(url, "image_url") == b"picture"


async def test_redirects_end() -> None:
    async def loop(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/again"})

    async with serving(loop) as server:
        assert "redirects" in await reason(Fetcher(("*",)), f"http://127.0.0.1:{server.port}/")


async def test_too_many_bytes_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST_BYTES", 3)
    async with serving(picture) as server:
        assert "bytes" in await reason(Fetcher(("*",)), f"http://127.0.0.1:{server.port}/")


async def test_a_slow_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "SECONDS", 0.05)

    done = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await done.wait()
        return response

    async with serving(slow) as server:
        assert "took longer" in await reason(Fetcher(("*",)), f"http://127.0.0.1:{server.port}/")
        done.set()


async def test_an_error_of_the_server_is_told() -> None:
    async def missing(_: web.Request) -> web.Response:
        return web.Response(status=404)

    async with serving(missing) as server:
        assert "404" in await reason(Fetcher(("*",)), f"http://127.0.0.1:{server.port}/")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/a.png", "http:///nowhere", "gopher://x"])
async def test_only_the_web_is_fetched_from(url: str) -> None:
    assert "http" in await reason(Fetcher(("*",)), url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
        "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1",
        "192.0.0.192", "192.88.99.1", "198.18.0.1", "240.0.0.1", "255.255.255.255", "192.31.196.1",
        "::", "::127.0.0.1", "::808:808", "64:ff9b:1::1", "64:ff9b::a00:1", "100::1", "100:0:0:1::1", "2001::1",
        "2001:db8::1", "2001:2::1", "3fff::1", "5f00::1", "fec0::1", "4000::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    with pytest.raises(Refused):
        Rules(()).check("example.org", ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"],
)
def test_public_addresses(address: str) -> None:
    Rules(()).check("example.org", ipaddress.ip_address(address))
