"""Pictures that a model made, as the command line keeps and shows them."""

from pathlib import Path

import pytest

from puna.cli.output.pictures import KITTY_BLOCK, save, shown


def test_files_are_named_after_the_prompt_and_never_replaced(tmp_path: Path) -> None:
    assert save(b"1", "A red circle!", tmp_path).name == "a-red-circle.png"
    assert save(b"2", "a RED circle", tmp_path).name == "a-red-circle-2.png"
    assert save(b"3", "a red circle", tmp_path).name == "a-red-circle-3.png"
    assert save(b"4", "赤い丸", tmp_path).name == "image.png"
    assert len(save(b"5", "word " * 100, tmp_path).name) < 70
    assert (tmp_path / "a-red-circle.png").read_bytes() == b"1"


@pytest.mark.parametrize(
    "environment", [{"KITTY_WINDOW_ID": "1"}, {"TERM": "xterm-kitty"}, {"TERM_PROGRAM": "ghostty"}]
)
def test_kittys_protocol_has_a_picture_in_parts(environment: dict[str, str]) -> None:
    parts = shown(bytes(2 * KITTY_BLOCK), environment).split("\x1b\\")
    assert parts[0].startswith("\x1b_Gf=100,a=T,m=1;")
    assert parts[-2].startswith("\x1b_Gm=0;")
    assert all(len(part) < KITTY_BLOCK + 40 for part in parts)


def test_iterms_protocol_has_it_whole_and_others_show_nothing() -> None:
    assert shown(b"picture", {"TERM_PROGRAM": "WezTerm"}) == "\x1b]1337;File=inline=1;size=7:cGljdHVyZQ==\x07\n"
    assert shown(b"picture", {"TERM": "xterm-256color"}) == ""
