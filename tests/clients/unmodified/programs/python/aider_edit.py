"""aider, asked from its command line about a file."""

import subprocess
import sys
from pathlib import Path

from uses import ASK, MODEL, use

Path("a.txt").write_text("A test.\n")


def aider(model):
    command = [sys.executable, "-m", "aider", "--model", model, "--message", ASK, "--yes-always", "--no-git", "a.txt"]
    quiet = ["--no-analytics", "--no-check-update", "--no-show-model-warnings", "--no-pretty", "--chat-mode", "ask"]
    result = subprocess.run([*command, *quiet], capture_output=True, text=True, check=False, timeout=240)
    assert "Tokens:" in result.stdout, result.stdout + result.stderr


@use
def openai_route():
    aider(f"openai/{MODEL}")


@use
def ollama_route():
    aider(f"ollama_chat/{MODEL}")
