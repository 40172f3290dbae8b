from pathlib import Path

from benchmarks.chaos import run


async def test_nothing_is_lost_when_engines_are_killed_under_load(tmp_path: Path) -> None:
    """The short form of `make chaos`."""
    report = await run(tmp_path, clients=24, requests=48, kill_every=1.0)
    assert not report.failures
    assert report.complete + report.begun_errors == 48
