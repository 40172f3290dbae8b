"""The cases that have to hold with every chat template. One that does not hold raises; `failure` says why."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from puna.core.errors import PunaError
from tests.templates.subject import Subject

Run = Callable[[Subject], Awaitable[None]]


@dataclass(frozen=True)
class Case:
    """A case, and the column of the table that it belongs to."""

    column: str
    run: Run


class Cases(list[Case]):
    """Cases in the order of their columns."""

    def of(self, column: str) -> Callable[[Run], Run]:
        """Adds a case to that column."""

        def add(run: Run) -> Run:
            self.append(Case(column, run))
            return run

        return add


async def failure(case: Case, subject: Subject) -> str | None:
    """Why a case does not hold."""
    try:
        await case.run(subject)
    except AssertionError as error:
        return str(error).split("\n")[0] or "differs"
    except PunaError as error:
        return f"{type(error).__name__}: {error.message.strip()[:300]}"
    except (json.JSONDecodeError, ConnectionError) as error:
        return f"{type(error).__name__}: {error}"
    return None
