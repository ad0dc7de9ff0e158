"""A PostgreSQL server of a test's own, as its own process, that can be killed and started again."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

PASSWORD = "pg-s3cret"


class PostgresServer:
    """Listens on the loopback under a free port; its user ``sightline`` has PASSWORD and may make databases."""

    def __init__(self) -> None:
        programs = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
        found = shutil.which("initdb")
        if not programs and not found:
            pytest.skip("PostgreSQL absent: expected initdb")
        self._programs = sorted(programs)[-1] if programs else Path(str(found)).parent
        self._as_user: list[str] = []
        # Not under the test's own folder: the server runs as another user, who may not look into it.
        self.folder = Path(tempfile.mkdtemp(prefix="sightline-postgres-"))
        secret = self.folder / "password"
        secret.write_text(PASSWORD + "\n")
        if os.geteuid() == 0:  # the server refuses to run as root
            try:
                owner = pwd.getpwnam("postgres")
            except KeyError:
                shutil.rmtree(self.folder)
                pytest.skip("PostgreSQL absent: expected a user postgres")
            for path in (self.folder, secret):
                os.chown(path, owner.pw_uid, owner.pw_gid)
            self._as_user = ["runuser", "-u", "postgres", "--"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        options = ["-U", "sightline", "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--no-locale"]
        self._run("initdb", "-D", str(self.folder / "data"), *options)
        self.start()

    def start(self) -> None:
        """Start and wait until it answers."""
        settings = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-l", log, "-w", "-t", "60", "-o", settings, "start")

    def kill(self) -> None:
        """As a cut of power would: no checkpoint, no goodbye."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def database(self, name: str) -> str:
        """Make an empty database and answer its address, with the password."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        return self.address(name)

    def address(self, name: str) -> str:
        return f"postgresql://sightline:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def remove(self) -> None:
        subprocess.run(
            [
                *self._as_user,
                str(self._programs / "pg_ctl"),
                "-D",
                str(self.folder / "data"),
                "-m",
                "immediate",
                "stop",
            ],
            capture_output=True,
            check=False,
        )
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *words: str) -> None:
        # To a file, not a pipe: the server keeps what it inherits open.
        with (self.folder / f"{program}.out").open("w") as out:
            subprocess.run(
                [*self._as_user, str(self._programs / program), *words],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                cwd="/",
                check=True,
                timeout=120,
            )
