"""Models that run elsewhere: how a Modelfile, a request and a store write where."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from puna.core.capabilities import Capability
from puna.core.errors import InvalidRequest
from puna.core.remote import Address, Remote, is_local

FORMAT = "remote"
"""The format that the config of such a model names."""
CAPABILITIES: tuple[Capability, ...] = ("completion", "tools", "vision", "thinking", "embedding")
"""What a server may do. What this one can't is found out when it is asked."""

_SOURCE = re.compile(r"(?P<url>https?://\S+)[ \t]+(?P<model>\S+)(?:[ \t]+weight=(?P<weight>[0-9.]+))?", re.IGNORECASE)
_KEY = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+")
NO_KEY = "none"
"""What is written of an address that wants no key, beside others that do."""
_OWN = ("PUNA_API_KEYS", "PUNA_DATABASE_URL")
"""Variables that no other server should ever see."""


def read_source(text: str) -> Address | None:
    """What a line `FROM https://host/v1 NAME` says, with or without `weight=2`; None for another kind of source.

    Raises InvalidRequest for an address that can't be one.
    """
    found = _SOURCE.fullmatch(text.strip())
    if found is None:
        if re.match(r"https?://[^/\s]+(/v\d+)?/?$", text, re.IGNORECASE):
            raise InvalidRequest(f"'{text}' does not say which model: write FROM {text} NAME")
        return None
    return checked(Address(url=found["url"], model=found["model"], weight=weight_of(found["weight"] or "1")))


def weight_of(text: str) -> float:
    """A server's part of the work. Raises InvalidRequest."""
    try:
        weight = float(text)
    except ValueError:
        weight = 0.0
    if not 0 < weight <= 1000:
        raise InvalidRequest(f"a weight is a number above 0, up to 1000, not {text}")
    return weight


def checked(address: Address) -> Address:
    """The address as it is kept. Raises InvalidRequest for one that can't be."""
    url = address.url.rstrip("/")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidRequest(f"'{address.url}' is not a valid address: {error}") from error
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or port == 0:
        raise InvalidRequest(f"'{address.url}' is not the address of a server")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidRequest(
            f"the address of {parts.hostname} may only have host and path; put a key into a line KEY env:VARIABLE"
        )
    return replace(address, url=url)


def require_encrypted(addresses: Iterable[Address], *, insecure: bool) -> None:
    """Raises InvalidRequest for an address of another machine without encryption, unless that is wanted."""
    for address in addresses:
        if not insecure and address.url.lower().startswith("http:") and not is_local(address.url):
            raise InvalidRequest(
                f"{address.url} would be used without encryption: use https://, or allow it with --insecure"
            )


def check_key(key: str) -> str:
    """Where a key is. Raises InvalidRequest for what can't be such a place; the message does not repeat it, as it may
    be the key itself."""
    if key != NO_KEY and not _KEY.fullmatch(key):
        raise InvalidRequest(
            "KEY says where the key is, env:VARIABLE or file:PATH; the key itself does not belong here"
        )
    if key.startswith("env:") and key[4:] in _OWN:
        raise InvalidRequest(f"the variable {key[4:]} is Puna's own and is never sent to another server")
    return key


def located(remote: Remote, folder: Path) -> Remote:
    """The same with the paths of files that have keys, which are relative to that folder, written out."""

    def place(key: str | None) -> str | None:
        return f"file:{folder / Path(key[5:]).expanduser()}" if key and key.startswith("file:") else key

    return replace(remote, addresses=tuple(replace(each, key=place(each.key)) for each in remote.addresses))


def to_json(remote: Remote) -> dict[str, Any]:
    """The remote part of a model, as the store and requests have it."""
    addresses = [
        {
            "url": address.url,
            "model": address.model,
            **({"key": address.key} if address.key else {}),
            **({"weight": address.weight} if address.weight != 1 else {}),
        }
        for address in remote.addresses
    ]
    return {"addresses": addresses, **({"overflow": remote.overflow} if remote.overflow else {})}


def from_json(document: Mapping[str, Any]) -> Remote:
    """What `to_json` wrote, checked. Raises InvalidRequest."""
    try:
        addresses = tuple(
            checked(
                Address(
                    url=str(entry["url"]),
                    model=str(entry["model"]),
                    key=check_key(str(entry["key"])) if entry.get("key") else None,
                    weight=weight_of(str(entry.get("weight", 1))),
                )
            )
            for entry in document["addresses"]
        )
        overflow = int(document.get("overflow", 0))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidRequest("a remote model has addresses, each with url and model") from error
    if not addresses:
        raise InvalidRequest("a remote model has at least one address")
    return Remote(addresses=addresses, overflow=overflow)


def lines(remote: Remote) -> list[str]:
    """The lines of a Modelfile that say the same."""
    keys = {address.key for address in remote.addresses}
    written = []
    for address in remote.addresses:
        weight = f" weight={address.weight:g}" if address.weight != 1 else ""
        written.append(f"FROM {address.url} {address.model}{weight}")
        if len(keys) > 1:
            written.append(f"KEY {address.key or NO_KEY}")
    if len(keys) == 1 and None not in keys:
        written.append(f"KEY {remote.addresses[0].key}")
    return [*written, *([f"OVERFLOW {remote.overflow}"] if remote.overflow else [])]


def with_keys(addresses: Iterable[tuple[int, Address]], keys: Iterable[tuple[int, str]]) -> tuple[Address, ...]:
    """The addresses with their keys, each with the number of its line. One KEY is for all of them; of several each is
    for the lines above it, back to the KEY before."""
    found = list(keys)

    def key_at(line: int) -> str | None:
        below = [key for number, key in found if number > line or len(found) == 1]
        return below[0] if below and below[0] != NO_KEY else None

    return tuple(replace(address, key=key_at(line)) for line, address in addresses)
