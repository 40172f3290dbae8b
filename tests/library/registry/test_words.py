"""What is said where a registry can't be reached."""

import socket
import ssl

import aiohttp
import pytest

from puna.library.names import ModelName
from puna.library.registry.client import Repository
from puna.library.registry.errors import RegistryError
from puna.library.registry.transport import plainly


async def said(host: str) -> str:
    """What asking a registry for a manifest says."""
    async with Repository(ModelName(model="m", host=host), pause=0) as repository:
        with pytest.raises(RegistryError) as raised:
            await repository.manifest()
    return raised.value.message


async def test_a_name_that_is_not_found_asks_whether_the_machine_is_online() -> None:
    assert await said("nothing.invalid") == "can't reach nothing.invalid: is this machine online?"


async def test_a_port_where_nobody_listens_is_said_so() -> None:
    assert await said("127.0.0.1:9") == "can't reach 127.0.0.1:9: nothing listens on this port"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]"), "h does not speak HTTPS; --insecure allows HTTP"),
        (socket.gaierror(-2, "Name or service not known"), "can't reach h: is this machine online?"),
        (TimeoutError(), "h does not answer: is this machine online?"),
        (aiohttp.ServerDisconnectedError(), "the connection to h broke off"),
        (OSError(113, "No route to host"), "can't reach h: No route to host"),
        (aiohttp.ClientError("odd"), "h: odd"),
    ],
)
def test_errors_are_said_plainly(error: BaseException, words: str) -> None:
    assert plainly("h", error) == words
