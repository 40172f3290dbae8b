"""`puna signin`."""

import base64
import os
import socket
from urllib.parse import urlencode

import click

from puna.library.registry.credentials import KEY, Credentials
from puna.library.registry.signature import make_key, public_key
from puna.settings import Settings

ADDRESS = "https://ollama.com/connect"
KEYS = "https://ollama.com/settings/keys"


@click.command()
def signin() -> None:
    """Sign in to ollama.com.

    Uses the key of this machine (~/.puna/id_ed25519 or ~/.ollama/id_ed25519) and makes one if there is none.
    """
    key = next(iter(Credentials.of_environment().keys.values()), None)
    if key is None:
        key = Settings.from_environment(os.environ).home / KEY
        make_key(key)
        click.echo(f"Created the key {key}")
    public = public_key(key)
    encoded = base64.urlsafe_b64encode(public.encode()).decode().rstrip("=")
    click.echo(f"To sign in, open\n    {ADDRESS}?{urlencode({'name': socket.gethostname(), 'key': encoded})}")
    click.echo(f"or add this public key at {KEYS}:\n    {public}")
