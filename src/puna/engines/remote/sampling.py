"""Settings of sampling in each server's words."""

from dataclasses import fields
from typing import Any

from puna.core.errors import InvalidRequest
from puna.core.sampling import UNCHANGED, Sampling
from puna.core.subjects import Setting
from puna.engines.remote.servers import Server

MOST_SEED = 2**32 - 1
"""A seed may be any integer; every server takes one of 32 bits."""


def sampling_body(sampling: Sampling, server: Server) -> dict[str, Any]:
    """The fields of a request's body. Raises InvalidRequest for a setting that the server does not know, unless it
    changes nothing."""
    body: dict[str, Any] = {}
    for each in fields(sampling):
        value = getattr(sampling, each.name)
        if value is None:
            continue
        word = server.sampling.get(each.name)
        if word is not None:
            body[word] = written(each.name, value)
        elif value != getattr(UNCHANGED, each.name):
            raise unknown(each.name, server)
    return {name: value for name, value in body.items() if value not in ([], {})}


def written(name: str, value: Any) -> Any:
    match name:
        case "seed":
            return value % MOST_SEED
        case "stop":
            return list(value)
        case "logit_bias":
            return {str(token): bias for token, bias in value}
        case _:
            return value


def unknown(setting: str, server: Server) -> InvalidRequest:
    """The error for a field that the server would pass over."""
    return InvalidRequest(
        f"The server of this model ({server.name}) does not know this setting.", about=Setting(setting)
    )
