"""Which models are in memory, who may use them, who waits."""

from puna.scheduler.claim import Claim
from puna.scheduler.lease import Lease
from puna.scheduler.scheduler import Limits, Scheduler

__all__ = ["Claim", "Lease", "Limits", "Scheduler"]
