"""Signing in to Ollama's registry with a key, as its own command does it.

The key is an SSH key of the kind Ed25519 whose public half the user has put into the account at ollama.com. The
request for a token carries `<public key>:<signature>` of its method, its address and the digest of its body.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from yarl import URL

from puna.library.registry.errors import RegistryError

NO_BODY = base64.b64encode(hashlib.sha256(b"").hexdigest().encode()).decode()


def signed(key: Path, realm: URL, challenge: Mapping[str, str]) -> tuple[URL, str]:
    """The address that gives a token, and the Authorization header for it. Raises RegistryError for a bad key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

    try:
        private = load_ssh_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RegistryError(f"the key {key} can't be read: {error}") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise RegistryError(f"the key {key} is not of the kind Ed25519")
    url = asked(realm, challenge)
    public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1].decode()
    signature = base64.b64encode(private.sign(f"GET,{url},{NO_BODY}".encode())).decode()
    return url, f"{public}:{signature}"


def asked(realm: URL, challenge: Mapping[str, str]) -> URL:
    """The address with what is asked for, the time, and a number that is used once."""
    query = [*realm.query.items()]
    query += [("service", challenge["service"])] if "service" in challenge else []
    query += [("scope", scope) for scope in challenge.get("scope", "").split()]
    query += [("ts", str(int(time.time()))), ("nonce", secrets.token_urlsafe(16))]
    return URL(f"{realm.with_query(None)}?{urlencode(sorted(query))}", encoded=True)
