"""Stores that replicas share, as real servers without root: Valkey and PostgreSQL, found by the variables that cargo verify sets."""

import os
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from .process import Process, free_port

PASSWORD = "a-password-for-tests-only"
# The one that `nobody` has on most systems: PostgreSQL does not run as root.
NOBODY = 65534


def program(variable: str) -> Path:
    """The program that a variable names; without it the test is skipped."""
    name = os.environ.get(variable)
    if not name:
        pytest.skip(f"{variable} names no program (cargo verify fetches it)")
    return Path(name)


class Valkey:
    """A Valkey that keeps what it has over a restart."""

    def __init__(self, folder: Path):
        self.binary = program("TOLLGATE_VALKEY_BIN")
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}"
        self.start()

    def start(self):
        command = [
            self.binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes",
            "--appendfsync", "always", "--requirepass", PASSWORD, "--dir", self.folder,
        ]  # fmt: skip
        self.process = Process("valkey", command, self.folder / "valkey.log")
        self.process.wait_until(lambda: _listens(self.port))

    def stop(self):
        self.process.stop()

    def content(self) -> bytes:
        """All that it holds, as it stands in its files."""
        return b"".join(path.read_bytes() for path in self.folder.rglob("*.aof"))


class Postgres:
    """A PostgreSQL on a socket in a folder of its own."""

    def __init__(self, folder: Path):
        self.binary = program("TOLLGATE_POSTGRES_BIN")
        # A socket's path must be short.
        self.folder = Path(tempfile.mkdtemp(prefix="tollgate-pg-"))
        (self.folder / "password").write_text(PASSWORD)
        self.as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        if self.as_nobody:
            for path in (self.folder, self.folder / "password"):
                os.chown(path, NOBODY, NOBODY)
        initdb = [
            self.binary.with_name("initdb"), "--username=tollgate", "--auth=scram-sha-256", "--pwfile=password",
            "--pgdata=data", "--no-sync", "--encoding=UTF8", "--locale=C",
        ]  # fmt: skip
        subprocess.run(initdb, cwd=self.folder, check=True, capture_output=True, **self.as_nobody)
        self.url = f"host={self.folder} user=tollgate dbname=postgres password={PASSWORD}"
        self.start()

    def start(self):
        command = [self.binary, "-D", "data", "-k", "..", "-c", "listen_addresses=", "-c", "shared_buffers=16MB"]
        self.process = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.as_nobody
        )

    def stop(self):
        # A fast shutdown: it does not wait for its clients.
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=20)

    def content(self) -> bytes:
        """All that it holds, as it stands in its files."""
        return b"".join(path.read_bytes() for path in (self.folder / "data").rglob("*") if path.is_file())


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
