import base64
from pathlib import Path

import pytest

from puna.cli.session.pictures import names_picture, take_pictures


@pytest.mark.parametrize(
    "written",
    ["{folder}/a b.PNG", "./a b.PNG", "~/a b.PNG"],
)
@pytest.mark.parametrize("form", ["quoted", "apostrophes", "escaped"])
def test_a_picture_is_taken_out_of_the_text(
    written: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a b.PNG").write_bytes(b"content")
    path = written.format(folder=tmp_path)
    path = {"quoted": f'"{path}"', "apostrophes": f"'{path}'", "escaped": path.replace(" ", "\\ ")}[form]
    assert take_pictures(f"What is in {path}?") == ("What is in ?", [base64.b64encode(b"content").decode()])
    assert "Added image" in capsys.readouterr().out
    assert names_picture(f"{path} what is it")


def test_two_pictures_are_two(tmp_path: Path) -> None:
    for name in ("a.png", "b.jpeg"):
        (tmp_path / name).write_bytes(name.encode())
    text, pictures = take_pictures(f"{tmp_path}/a.png {tmp_path}/b.jpeg compare them")
    assert text == "compare them"
    assert [base64.b64decode(picture) for picture in pictures] == [b"a.png", b"b.jpeg"]


@pytest.mark.parametrize(
    "text", ["/none/there.png", "see a.png", "/bye", "http://example.com/a.png", "half ./a.pngs"]
)
def test_other_text_stays_as_it_is(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").write_bytes(b"content")
    assert take_pictures(text) == (text, [])
    assert not names_picture(text)
