"""Bodies that come compressed."""

import zlib

from puna.core.errors import InvalidRequest

AUTOMATIC = 32 + zlib.MAX_WBITS
"""What has zlib find out itself whether it is gzip or zlib."""
ENCODINGS = frozenset({"gzip", "x-gzip", "deflate"})


def is_plain(encoding: str) -> bool:
    """Whether a Content-Encoding leaves a body as it is. Raises InvalidRequest for one that can't be undone."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return True
    if name not in ENCODINGS:
        raise InvalidRequest(f"The content encoding '{name}' is not supported: use gzip, deflate or none.")
    return False


def decompress(content: bytes, most: int | None) -> bytes:
    """What was compressed, or a little more than `most` bytes of it. Raises InvalidRequest where it is damaged."""
    found = bytearray()
    while content:
        reader = zlib.decompressobj(AUTOMATIC)
        try:
            found += reader.decompress(content, 0 if most is None else most + 1 - len(found))
        except zlib.error as error:
            raise InvalidRequest("The body of the request can't be decompressed.") from error
        if most is not None and len(found) > most:
            break
        if not reader.eof:
            raise InvalidRequest("The body of the request can't be decompressed: its end is missing.")
        content = reader.unused_data  # gzip may have several members
    return bytes(found)
