"""Signing in to Ollama's registry with a key, as its own command does it.

The key is an SSH key of the kind Ed25519 whose public half the user has put into the account at ollama.com. The
request for a token carries `<public key>:<signature>` of its method, its address and the digest of its body.
"""

import base64
import hashlib
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from yarl import URL

from puna.library.registry.errors import RegistryError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NO_BODY = base64.b64encode(hashlib.sha256(b"").hexdigest().encode()).decode()


def signed(key: Path, realm: URL, challenge: Mapping[str, str]) -> tuple[URL, str]:
    """The address that gives a token, and the Authorization header for it. Raises RegistryError for a bad key."""
    private = _private(key)
    url = asked(realm, challenge)
    public = public_key(key).split()[1]
    signature = base64.b64encode(private.sign(f"GET,{url},{NO_BODY}".encode())).decode()
    return url, f"{public}:{signature}"


def public_key(key: Path) -> str:
    """The public half of a private key, in a line. Raises RegistryError for a bad key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return _private(key).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def make_key(key: Path) -> None:
    """Write a new private key that only its owner may read."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    with os.fdopen(os.open(key, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)


def _private(key: Path) -> "Ed25519PrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    try:
        private = load_ssh_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RegistryError(f"the key {key} can't be read: {error}") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise RegistryError(f"the key {key} is not of the kind Ed25519")
    return private


def asked(realm: URL, challenge: Mapping[str, str]) -> URL:
    """The address with what is asked for, the time, and a number that is used once."""
    query = [*realm.query.items()]
    query += [("service", challenge["service"])] if "service" in challenge else []
    query += [("scope", scope) for scope in challenge.get("scope", "").split()]
    query += [("ts", str(int(time.time()))), ("nonce", secrets.token_urlsafe(16))]
    return URL(f"{realm.with_query(None)}?{urlencode(sorted(query))}", encoded=True)
