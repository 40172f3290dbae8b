"""Builds a wheel, and installs and tries it with each Python: `python -m tests.installation [PYTHON...]`.

Each time into an empty environment, in a path with blanks and umlauts, as a user who has no home folder. Started by
root it goes on as `nobody`. Without arguments it takes every python3.11 to python3.14 on the PATH.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.installation.trial import Trial

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
NOBODY = 65534


def main(pythons: list[str]) -> int:
    """Try each, print a line for each, and return the exit code."""
    found = pythons or [path for version in VERSIONS if (path := shutil.which(f"python{version}"))]
    failed = False
    with folder("Räder für Püna ") as wheels:
        wheel = build(wheels)
        for python in found:
            version = subprocess.check_output([python, "--version"], text=True).strip()
            try:
                with folder("Ein Ordner für Püna ") as place:
                    Trial(python, wheel, place, NOBODY if os.geteuid() == 0 else None).all()
            except (AssertionError, OSError, subprocess.SubprocessError):
                traceback.print_exc()
                failed = True
                print(f"{version}: FAILED ({python})")
            else:
                print(f"{version}: installed, and answers ({python})", flush=True)
    return int(failed or not found)


@contextmanager
def folder(prefix: str) -> Iterator[Path]:
    """A folder that anybody may use, as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        Path(name).chmod(0o777)
        yield Path(name)


def build(target: Path) -> Path:
    """The wheel, which anybody may read."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(target), str(ROOT)]
    subprocess.run(command, check=True)
    [wheel] = target.glob("puna-*.whl")
    return wheel


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
