from pathlib import Path

import pytest

from tests.templates.battery import CASES
from tests.templates.cases import Case, failure
from tests.templates.senses import SENSES
from tests.templates.small import SMALL
from tests.templates.subject import Subject


@pytest.mark.parametrize("name", SMALL)
async def test_what_was_sent_is_in_the_prompt_and_what_was_said_in_the_answer(name: str, tmp_path: Path) -> None:
    async with Subject(SMALL[name], tmp_path, context=2048) as subject:
        problems = {case.run.__name__: await failure(case, subject) for case in (*CASES, *SENSES)}
    assert not {name: problem for name, problem in problems.items() if problem}


def test_a_case_that_does_not_hold_says_why() -> None:
    async def fails(_: Subject) -> None:
        raise AssertionError("it is not there\nassert 1 == 2")

    problem = failure(Case("none", fails), None)  # type: ignore[arg-type]
    with pytest.raises(StopIteration) as stopped:
        problem.send(None)
    assert stopped.value.value == "it is not there"
