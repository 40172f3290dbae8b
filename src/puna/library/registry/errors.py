"""What goes wrong between here and a registry."""

from puna.core.errors import PeerFailed


class RegistryError(PeerFailed):
    """A registry refused, or said what can't be true. Trying again won't help."""


class Interrupted(RegistryError):
    """A registry could not be reached, stopped in the middle, or is out of order for a while."""


class Unreachable(Interrupted):
    """Nothing has answered yet: the address may be wrong or this machine offline, which waiting does not mend."""
