"""`puna serve`: the server in the foreground."""

import errno
import gc
import logging
import os
import socket
from contextlib import suppress
from dataclasses import replace
from typing import Any

import click

from puna.settings import Settings
from puna.state.private import private_folder

BACKLOG = 2048
LONGEST_SECONDS = 10**6


@click.command()
@click.option("--host", help="Address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one. [default: 11434]")
def serve(host: str | None, port: int | None) -> None:
    """Start the server."""
    settings = Settings.from_environment(os.environ)
    given: dict[str, Any] = {"host": host, "port": port}
    settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
    listener = listen(settings.host, settings.port)
    run(settings, listener)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; says what helps where it can't be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)  # where it names TCP, asyncio sends without delay
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(
                f"{host}:{port} is in use, perhaps by Ollama or another Puna. Stop it, or give another --port."
            ) from error
        raise click.ClickException(f"can't listen on {host}:{port}: {error.strerror}") from error
    listener.listen(BACKLOG)
    return listener


def run(settings: Settings, listener: socket.socket) -> None:
    """Serve until a signal ends it."""
    import uvicorn  # the other commands start faster without it

    from puna.server import create_app
    from puna.serving.connection import connections
    from puna.serving.descriptors import most_connections
    from puna.serving.shutdown import CONNECTION_SECONDS, GracefulServer

    log_to_standard_error(settings)
    with suppress(OSError):  # what needs it says so
        private_folder(settings.home)
    most = most_connections()
    scheme = "https" if settings.tls_cert else "http"
    host, port = listener.getsockname()[:2]
    click.echo(f"Puna listens on {scheme}://{f'[{host}]' if ':' in host else host}:{port}")
    app = create_app(settings)
    warn_of_strangers(settings)
    gc.freeze()  # what is there now stays: no collection that a large body sets off looks at it again
    config = uvicorn.Config(
        app,
        log_level="info",
        access_log=False,  # Puna's own tells more
        server_header=False,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        http=connections(settings, most),
        timeout_keep_alive=int(min(settings.idle_timeout, LONGEST_SECONDS)),
        timeout_graceful_shutdown=CONNECTION_SECONDS,
    )
    GracefulServer(config, app.draining, app.scheduler, settings.shutdown_timeout).run(sockets=[listener])


def warn_of_strangers(settings: Settings) -> None:
    """Say it plainly where everybody on the network may use, and change, the models."""
    from puna.serving.hosts import is_loopback

    if not (is_loopback(settings.host) or settings.api_keys or settings.api_keys_file):
        logging.getLogger("puna").warning(
            "Other machines can reach this server, and it asks nobody for a key: whoever reaches %s may use, change "
            "and delete the models. PUNA_API_KEYS sets keys.",
            settings.host,
        )


def log_to_standard_error(settings: Settings) -> None:
    """The server's own messages with their time, the access log's lines as they are."""
    messages, access = logging.StreamHandler(), logging.StreamHandler()
    messages.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name, handler in (("puna", messages), ("puna.access", access)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.DEBUG if settings.debug else logging.INFO)
