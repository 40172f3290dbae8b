"""Texts that a client keeps and brings back, but can neither read nor change: encrypted and authenticated."""

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from puna.state.errors import Unsealed
from puna.state.private import private_folder

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Seal:
    """Seals with Fernet (AES-128 in CBC mode, HMAC-SHA256) and the key in a file, which is made when first needed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def close(self, text: str) -> str:
        """The text, sealed, in URL-safe base64."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that was sealed. Raises Unsealed."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed).decode()
        except (InvalidToken, ValueError) as error:
            raise Unsealed("it was not encrypted by this server, or has been changed") from error

    @cached_property
    def _fernet(self) -> "Fernet":
        from cryptography.fernet import Fernet  # imported late: few requests need it

        return Fernet(self._key())

    def _key(self) -> bytes:
        """The key in the file. Of several processes that make it at once, the first one's is everyone's."""
        from cryptography.fernet import Fernet

        if not self._path.exists():
            private_folder(self._path.parent)
            draft = self._path.with_suffix(f".{os.getpid()}")
            with open(draft, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(Fernet.generate_key())
                os.fsync(file.fileno())
            try:
                os.link(draft, self._path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return self._path.read_bytes()
