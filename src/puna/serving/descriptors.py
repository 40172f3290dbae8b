"""How many files and connections the system lets this process have open."""

import logging
import sys

OWN = 32
"""How many the server itself has open: libraries, the database, a listener, pipes of engines."""
EACH = 2
"""How many a request needs: its own connection, and the one to the engine."""
FEW = 1024

_log = logging.getLogger("puna")


def most_connections() -> int | None:
    """How many connections there may be, with as many descriptors as the system allows; None for any number."""
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard and hard != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    if soft == resource.RLIM_INFINITY:
        return None
    most = max(4, (soft - OWN) // EACH)
    if soft < FEW:
        _log.warning("Only %d files may be open (ulimit -n): no more than %d connections at a time.", soft, most)
    return most
