import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.comparison import Pair, Summary
from benchmarks.load import Burst

ROOT = Path(__file__).parents[2]


def test_a_pair_is_a_ratio_and_a_difference() -> None:
    pair = Pair(alone=Burst(100, 1.0, 0.010), through=Burst(100, 1.25, 0.012))
    assert pair.throughput == pytest.approx(0.8)
    assert pair.delay == pytest.approx(2.0)


def test_a_summary_is_the_median_between_its_quartiles() -> None:
    pairs = [Pair(Burst(100, 1.0, 0), Burst(100, 1.0, seconds / 1000)) for seconds in (1, 2, 3, 4, 100)]
    assert Summary.of(pairs, lambda pair: pair.delay) == Summary(median=3, lower=2, upper=4)


def test_one_value_is_its_own_median() -> None:
    assert Summary.of([Pair(Burst(1, 1.0, 0), Burst(1, 1.0, 0.002))], lambda pair: pair.delay) == Summary(2, 2, 2)


def test_a_short_run_prints_every_row(tmp_path: Path) -> None:
    quick = ["--shape", "micro", "--pairs", "1", "--tokens", "2", "--first-pairs", "1", "--cold-starts", "1"]
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", *quick],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    for row in (
        "throughput, 1 stream",
        "throughput, 8 streams",
        "first token later",
        "JSON by a schema over plain text",
        "a forced call over plain text",
        "8 streams over 1",
        "over one sequence",
        "processor time",
        "resident",
        "tiny, cold",
    ):
        assert row in run.stdout
