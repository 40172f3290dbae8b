"""`python -m puna` is the command `puna`."""

from puna.cli import app

if __name__ == "__main__":
    app()
