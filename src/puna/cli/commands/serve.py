"""`puna serve`: the server in the foreground."""

import errno
import gc
import logging
import os
import socket
import sys
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from typing import Any

import click

from puna.cli.client.servers import announced
from puna.cli.commands.startup import check, introduce, warn_of_unknown
from puna.http.listener import listen
from puna.settings import VARIABLES, Settings

BACKLOG = 2048
LONGEST_SECONDS = 10**6
SWITCH_SECONDS = 0.0005
"""How long a thread that reads a large body may go on while the event loop has something to do. Python's own 5 ms add
up: the loop waits for as long after each call of the system."""
COLLECTIONS = 10_000, 10, 20
"""After how many new objects Python looks for those that only refer to each other. Its own 700 have it look at all
objects of a large body again and again, while nothing else runs."""
ASK_SECONDS = 1.0
"""How long whatever has the port may take to say what it is."""


class ServeCommand(click.Command):
    """Lists all variables in its help."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Environment variables (OLLAMA_... works where PUNA_... is not set)"):
            formatter.write_dl([(f"PUNA_{name}", variable.help) for name, variable in VARIABLES.items()])


@click.command(cls=ServeCommand)
@click.option("--host", help="Address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one. [default: 11434]")
def serve(host: str | None, port: int | None) -> None:
    """Start the server."""
    settings = Settings.from_environment(os.environ)
    given: dict[str, Any] = {"host": host, "port": port}
    settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
    check(settings)
    run(settings, open_port(settings.host, settings.port))


def open_port(host: str, port: int) -> socket.socket:
    """A listening socket; says what helps where it can't be had."""
    try:
        return listen(host, port, BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(
                f"{host}:{port} is in use by {occupant(host, port)}. Stop it, or use another port: "
                f"`puna serve --port {port + 1}`, or `PUNA_HOST={host}:{port + 1} make serve`."
            ) from error
        raise click.ClickException(f"can't listen on {host}:{port}: {error.strerror}") from error


def occupant(host: str, port: int) -> str:
    """What has a port, as far as it says so."""
    from puna.cli.client.client import EVERYWHERE

    connection = HTTPConnection(EVERYWHERE.get(host, host), port, timeout=ASK_SECONDS)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse().read(100).decode(errors="replace")
    except (OSError, HTTPException):
        return "another program"
    finally:
        connection.close()
    names = {"Puna is running": "another Puna", "Ollama is running": "Ollama"}
    return names.get(answer.strip(), "another program")


def run(settings: Settings, listener: socket.socket) -> None:
    """Serve until a signal ends it."""
    import uvicorn  # the other commands start faster without it

    from puna.api.endpoint import import_all
    from puna.http.body import Body, build
    from puna.observation.log import set_up
    from puna.server import create_app
    from puna.serving.connection import connections, websockets
    from puna.serving.descriptors import most_connections
    from puna.serving.shutdown import CONNECTION_SECONDS, GracefulServer

    set_up(settings.log_format, debug=settings.debug)
    warn_of_unknown(os.environ)
    most = most_connections()
    scheme = "https" if settings.tls_cert else "http"
    host, port = listener.getsockname()[:2]
    url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    click.echo(f"Puna listens on {url}")
    app = create_app(settings)
    import_all()
    build(Body)
    introduce(settings, url)
    warn_of_strangers(settings)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()  # what is there now stays: no collection that a large body sets off looks at it again
    gc.set_threshold(*COLLECTIONS)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # Puna's own tells more
        server_header=False,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        http=connections(settings, most),
        **websockets(settings.body_limits),
        timeout_keep_alive=int(min(settings.idle_timeout, LONGEST_SECONDS)),
        timeout_graceful_shutdown=CONNECTION_SECONDS,
    )
    with announced(settings.home, url):
        GracefulServer(config, app.draining, app.scheduler, settings.shutdown_timeout).run(sockets=[listener])


def warn_of_strangers(settings: Settings) -> None:
    """Say it plainly where everybody on the network may use, and change, the models."""
    from puna.serving.hosts import is_loopback

    if not (is_loopback(settings.host) or settings.api_keys or settings.api_keys_file):
        logging.getLogger("puna").warning(
            "Other machines can reach this server at %s without a key and can use, change and delete its models. "
            "Set PUNA_API_KEYS to require keys.",
            settings.host,
        )
