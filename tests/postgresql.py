"""A PostgreSQL of the tests' own, where its programs are installed: a cluster in a temporary folder, reached over a
Unix socket only."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

FOLDERS = "/usr/lib/postgresql/*/bin"
"""Where Debian puts what an administrator starts."""


def programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`; the newest version's."""
    found = sorted(Path("/").glob(f"{FOLDERS[1:]}/initdb"), key=lambda path: path.parent.parent.name.zfill(4))
    installed = shutil.which("initdb")
    return found[-1].parent if found else Path(installed).parent if installed else None


@contextmanager
def running_cluster(binaries: Path) -> Iterator[str]:
    """A cluster that serves; its URL without a database's name."""
    folder = Path(tempfile.mkdtemp(prefix="puna-postgresql-"))
    user = None
    if os.geteuid() == 0:  # PostgreSQL does not serve as root
        user = next(name for name in ("postgres", "nobody") if has_user(name))
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(binaries / program), "--pgdata", str(folder / "data"), *arguments]
        with (folder / "log").open("a") as log:
            done = subprocess.run(command, user=user, cwd=folder, stdout=log, stderr=log, timeout=120)
        assert done.returncode == 0, (folder / "log").read_text()

    try:
        run("initdb", "--auth=trust", "--username=puna", "--encoding=UTF8", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "start", "--wait", "--options", options)
        try:
            yield f"postgresql://puna@/{{}}?host={folder}"
        finally:
            run("pg_ctl", "stop", "--mode=immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def new_database(cluster: str, name: str) -> str:
    """The URL of an empty database."""
    with psycopg.connect(cluster.format("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return cluster.format(name)
