from pathlib import Path

import pytest

from puna.builds.source import EDITS, MARK, change, drafts_by_request


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The places of llama.cpp's source that are changed."""
    for edit in EDITS:
        path = tmp_path / edit.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + f"before\n{edit.place}after\n")
    return tmp_path


def texts(source: Path) -> dict[str, str]:
    return {edit.file: (source / edit.file).read_text() for edit in EDITS}


def test_all_places_are_changed_and_a_second_time_changes_nothing(source: Path) -> None:
    assert change(source)
    changed = texts(source)
    assert all(edit.text in changed[edit.file] for edit in EDITS)
    assert change(source)
    assert texts(source) == changed


@pytest.mark.parametrize("other", ["", "twice"])
def test_a_source_where_a_place_is_missing_or_occurs_twice_is_left_alone(source: Path, other: str) -> None:
    path = source / EDITS[-1].file
    path.write_text(path.read_text().replace(EDITS[-1].place, 2 * EDITS[-1].place if other else ""))
    before = texts(source)
    assert not change(source)
    assert texts(source) == before
    (source / EDITS[0].file).unlink()
    assert not change(source)


def test_a_program_tells_whether_it_was_made_of_the_changed_source(tmp_path: Path) -> None:
    program = tmp_path / "llama-server"
    program.write_bytes(b"\x7fELF" + b"x" * 5000 + MARK + b"\0")
    assert drafts_by_request(program)
    program.write_bytes(b"\x7fELF" + b"x" * 5000)
    assert not drafts_by_request(program)
