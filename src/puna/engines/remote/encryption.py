"""TLS to other servers, and in plain words why there is none."""

import asyncio
import ssl
from functools import cache

UNKNOWN_ISSUER = frozenset({18, 19, 20, 21})
"""OpenSSL's codes for a certificate of nobody whom this machine knows."""
NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})


async def encryption() -> ssl.SSLContext:
    """What certificates are checked with. Reading them takes 20 ms, so in a thread."""
    return await asyncio.to_thread(_encryption) if not _encryption.cache_info().currsize else _encryption()


@cache
def _encryption() -> ssl.SSLContext:
    return ssl.create_default_context()


def distrust(error: ssl.SSLError) -> str:
    """Why there is no encrypted connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        words = error.verify_message.rstrip(".")
        if error.verify_code in UNKNOWN_ISSUER:
            words += "; if you trust it, set SSL_CERT_FILE where Puna runs to the file of its authority"
        return f"its certificate is not trusted: {words}"
    if error.reason in NOT_TLS:
        return "it does not speak HTTPS at this port"
    return f"no encrypted connection: {error.reason or error}"
