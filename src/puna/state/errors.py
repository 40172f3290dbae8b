"""What goes wrong with what is kept."""

from puna.core.errors import PunaError, StorageFailed


class StateError(StorageFailed):
    """The database can't be used."""


class Unsealed(PunaError):
    """An encrypted text was not made with this server's key, or was changed."""
