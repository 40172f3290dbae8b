"""Other libraries on Puna in a program's own process, each in an environment of its own: `make test-embedded`.

Prints what was run with which versions, as a table. Ends with 1 where a test fails or a library can't be installed.
"""

import subprocess
import sys
from pathlib import Path

LIBRARIES = {
    "openai": ("openai",),
    "ollama": ("ollama",),
    "openai_agents": ("openai-agents",),
    "langchain_openai": ("langchain-openai",),
    "pydantic_ai": ("pydantic-ai-slim[openai]",),
    "instructor": ("instructor",),
    "llama_index": ("llama-index-llms-openai-like",),
}
"""What is installed for each test."""

ROOT = Path(__file__).parents[2]
TESTS = Path(__file__).with_name("test_embedded_libraries.py")
VERSIONS = """
import sys
from importlib.metadata import version
names = [name.partition("[")[0] for name in sys.argv[1:]]
print(" ".join(f"{name} {version(name)}" for name in dict.fromkeys([*names, "openai"])))
"""


def run(uv: str, packages: tuple[str, ...], *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command where those packages are, and nothing else but what Puna and pytest need."""
    wanted = [option for package in (*packages, "openai", "pytest") for option in ("--with", package)]
    options = [
        "run",
        "--quiet",
        "--isolated",
        "--no-project",
        "--python",
        sys.executable,
        "--with-editable",
        str(ROOT),
    ]
    return subprocess.run([uv, *options, *wanted, "--", *command], capture_output=True, text=True, check=False)


def main(uv: str) -> int:
    """Run all, and print the table."""
    failed = 0
    print("| library | versions | result |\n|---|---|---|", flush=True)
    for name, packages in LIBRARIES.items():
        versions = run(uv, packages, "python", "-c", VERSIONS, *packages)
        # Neither this project's settings nor its conftest: as in somebody else's project.
        alone = ["--noconftest", "-c", "/dev/null", "--rootdir", str(TESTS.parent), "-p", "no:cacheprovider"]
        tested = run(uv, packages, "pytest", "-q", *alone, f"{TESTS}::test_{name}")
        passed = tested.returncode == 0 and "1 passed" in tested.stdout
        print(f"| {name} | {versions.stdout.strip()} | {'passed' if passed else 'FAILED'} |", flush=True)
        if not passed:
            failed = 1
            print(tested.stdout, tested.stderr, versions.stderr, file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
