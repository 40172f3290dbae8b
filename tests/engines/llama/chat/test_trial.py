"""Templates that an engine must not get, and those that come to no end only where a conversation says so."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from puna.core.errors import EngineFailed, EngineLost
from puna.core.template import BARE
from puna.engines.llama import launch as launching
from puna.engines.llama.chat import probing
from puna.engines.llama.chat.trial import BUNDLED, TRIALS, Trials
from puna.library.bundled import bundled
from tests.scripted_model import write_scripted_model
from tests.stored_models import micro_launch
from tests.templates.small import SMALL
from tests.templates.subject import answer_of, ask, user

SHOWN = "{% for m in messages %}{{ m.content }}{% endfor %}"
LOOP = "{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9999) %}" + 3 * "{% endfor %}"
"""Each loop by itself takes no memory to speak of."""


@pytest.mark.parametrize(
    "template",
    [
        LOOP,
        "{% for i in range(1000000000) %}{% endfor %}",
        "{% set n = namespace(s='x') %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}",
        "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
    ],
    ids=["loop", "list", "text", "recursion"],
)
async def test_a_template_that_comes_to_no_end_is_refused_before_an_engine_gets_it(template: str) -> None:
    trials = Trials(seconds=0.4)
    with pytest.raises(EngineFailed, match="chat template can't be used"):
        await trials.check(template + SHOWN)
    with pytest.raises(EngineFailed, match="chat template can't be used"):
        await trials.check(template + SHOWN)


@pytest.mark.parametrize("template", [*SMALL.values(), BARE, "{% if 1 %}not closed"])
async def test_any_other_is_the_engines(template: str) -> None:
    await Trials().check(template)


def test_the_bundled_model_is_not_tried() -> None:
    tiny = bundled()
    assert tiny is not None
    assert hashlib.sha256((tiny.metadata.chat_template or "").encode()).hexdigest() == BUNDLED


async def test_no_engine_is_started_with_such_a_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launching, "TRIALS", Trials(seconds=0.4))
    launch = micro_launch(tmp_path / "there_is_no_such.gguf")
    tried = replace(launch, templates=(LOOP + SHOWN,))
    with pytest.raises(EngineFailed, match="chat template can't be used"):
        await tried.start()


async def test_a_conversation_that_it_comes_to_no_end_of_ends_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = SHOWN + "{% if messages[0].content == 'loop' %}" + LOOP + "{% endif %}"
    await TRIALS.check(template)
    engine = await micro_launch(write_scripted_model(tmp_path / "model.gguf", "Good morning.", template)).start()
    monkeypatch.setattr(probing, "RENDER_SECONDS", 0.5)
    assert (await answer_of(engine, ask(user("Hello")))).text == "Good morning."  # type: ignore[arg-type]
    with pytest.raises(EngineFailed, match="does not finish for this conversation") as failure:
        await answer_of(engine, ask(user("loop")))  # type: ignore[arg-type]
    assert not isinstance(failure.value, EngineLost)
    assert "did not finish" in (await engine.ended()).message
