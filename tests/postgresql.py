"""A PostgreSQL of the tests' own, where its programs are installed: a cluster in a temporary folder, reached over a
Unix socket only."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

FOLDERS = "/usr/lib/postgresql/*/bin"
"""Where Debian puts what an administrator starts."""


def programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`; the newest version's."""
    found = sorted(Path("/").glob(f"{FOLDERS[1:]}/initdb"), key=lambda path: path.parent.parent.name.zfill(4))
    installed = shutil.which("initdb")
    return found[-1].parent if found else Path(installed).parent if installed else None


@dataclass(frozen=True)
class Cluster:
    """A cluster that serves until it is stopped."""

    binaries: Path
    folder: Path
    user: str | None

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://puna@/{database}?host={self.folder}"

    def start(self) -> None:
        """Have it serve."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        self.run("pg_ctl", "start", "--wait", "--options", options)

    def stop(self) -> None:
        """End it, and every connection to it, as a restart does."""
        self.run("pg_ctl", "stop", "--mode=fast")

    def run(self, program: str, *arguments: str) -> None:
        """One of its programs."""
        command = [str(self.binaries / program), "--pgdata", str(self.folder / "data"), *arguments]
        with (self.folder / "log").open("a") as log:
            done = subprocess.run(command, user=self.user, cwd=self.folder, stdout=log, stderr=log, timeout=120)
        assert done.returncode == 0, (self.folder / "log").read_text()


@contextmanager
def running_cluster(binaries: Path) -> Iterator[Cluster]:
    """A cluster that serves."""
    folder = Path(tempfile.mkdtemp(prefix="puna-postgresql-"))
    user = None
    if os.geteuid() == 0:  # PostgreSQL does not serve as root
        user = next(name for name in ("postgres", "nobody") if has_user(name))
        shutil.chown(folder, user)
    cluster = Cluster(binaries, folder, user)
    try:
        cluster.run("initdb", "--auth=trust", "--username=puna", "--encoding=UTF8", "--no-sync")
        cluster.start()
        try:
            yield cluster
        finally:
            with suppress(AssertionError):  # a test has stopped it
                cluster.run("pg_ctl", "stop", "--mode=immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def new_database(cluster: Cluster, name: str) -> str:
    """The URL of an empty database."""
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return cluster.url(name)
