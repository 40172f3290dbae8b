"""What README and docs show and no test of this folder runs, and why."""

ELSEWHERE = {
    "docs/images.md": "tests/engines/images/test_drawing.py",
    "docs/notebooks.md": "tests/embedded/test_clients.py",
    "docs/python.md": "tests/embedded/test_clients.py",
    "docs/testing.md": "tests/testing/test_plugin.py",
}
"""Pages whose Python another test runs: with the server in a process of its own, or in a test run of its own. What
downloads a model (`.pull(`) they leave out; tests/embedded/test_puna.py pulls from a registry of its own."""

NETWORK = "needs the internet"
INSTALLS = "installs packages: `make test-install` does that with the wheel"
SERVER = "a server in the foreground: tests start it in other ways (tests/server.py)"
LONG = "a program of minutes with a result of its own"

NOT_RUN = {
    "claude": "a session at a terminal: `make test-clients` runs `claude -p`",
    "docker compose": "`make test-container` builds the image and asks it, where a container tool is there",
    "export": "variables for the shell that `claude` is started from",
    "eval": "a line for a shell's start file: tests/cli/test_completion.py evaluates it in bash",
    "git clone": "this is that clone",
    "lm_eval": "`make test-harness` runs it, with a task that needs no download",
    "make check": LONG,
    "make serve": "sets up an environment, in which tests start the same server",
    "make setup": "this environment was set up by it",
    "make test": LONG,
    "make tiny": LONG,
    ".venv/bin/pytest": "this is pytest; tests/test_settings.py is part of the run",
    "npm install": INSTALLS,
    "serve": "`make test-ray` runs Ray Serve, in an environment of its own",
    "pip install": INSTALLS,
    "puna --show-completion": "tests/cli/test_completion.py asks for it",
    "puna engine build": LONG,
    "puna launch": "starts another program: tests/cli/test_launch.py, and `make test-clients` with real ones",
    "puna pull": f"{NETWORK}; tests/library/registry pulls from a registry of its own",
    "puna run gpt-oss": f"{NETWORK}; tests/library/layouts/test_served.py runs a model of that layout",
    "puna run hf.co/": f"{NETWORK}; tests/engines/images/test_drawing.py runs a model that is there",
    "puna run llama3.2": "a session at a terminal: tests/cli/test_interactive.py has some",
    "puna run tiny-image": "needs the extra `images`: tests/engines/images/test_drawing.py runs it where that is",
    "puna serve": SERVER,
    "PUNA_HOST=0.0.0.0:8080 PUNA_KEEP_ALIVE=1h puna serve": SERVER,
    "pytest test_answer.py": "tests/testing/test_plugin.py runs that file",
}
"""Commands by their beginnings."""
