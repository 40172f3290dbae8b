"""Models whose engines crash again and again."""

import math
import time
from collections import deque
from collections.abc import Callable, Hashable

from puna.core.errors import CrashLoop, EngineLost

CRASHES = 3
"""How many crashes of its engines within `WINDOW_SECONDS` set a model aside."""
WINDOW_SECONDS = 60.0
"""The time in seconds within which crashes are counted."""
ASIDE_SECONDS = 60.0
"""For how many seconds no engine is started of a model that was set aside."""


class Crashes:
    """Counts the crashes of each launch. What something outside killed has not crashed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: dict[Hashable, deque[float]] = {}
        self._aside: dict[Hashable, tuple[float, EngineLost]] = {}

    def record(self, launch: Hashable, error: EngineLost) -> None:
        """Note that an engine of this launch ended unasked."""
        if not error.own_fault:
            return
        now = self._clock()
        times = self._times.setdefault(launch, deque(maxlen=CRASHES))
        times.append(now)
        if len(times) == CRASHES and now - times[0] <= WINDOW_SECONDS:
            self._aside[launch] = (now + ASIDE_SECONDS, error)
            del self._times[launch]

    def problem(self, launch: Hashable) -> CrashLoop | None:
        """Why no engine of this launch is started now."""
        if launch not in self._aside:
            return None
        until, error = self._aside[launch]
        remaining = until - self._clock()
        if remaining <= 0:
            del self._aside[launch]
            return None
        return CrashLoop(
            f"The model's engine crashed {CRASHES} times within {WINDOW_SECONDS:.0f} seconds, so it is not started "
            f"again for {math.ceil(remaining)} seconds. The last crash: {error.message}",
            retry_after=math.ceil(remaining),
        )
