"""A child process with its log file: started, waited for, ended."""

import itertools
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path


class Process:
    """One running program; both its outputs go to `log`, unless `stdout` asks for a pipe."""

    def __init__(self, name: str, command: list, log: Path, env: dict | None = None, pipe: bool = False):
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        self._file = log.open("ab")
        self.child = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if pipe else self._file,
            stderr=self._file,
            env={**os.environ, **(env or {})},
        )

    def lines(self) -> Iterator[str]:
        """What it prints, if `pipe` was asked for."""
        for line in self.child.stdout:
            yield line.decode()

    def wait_until(self, ready: Callable[[], object], seconds: float = 30):
        """Polls until `ready` returns something true; fails with the log's end if the process ends or time runs out."""
        deadline = time.monotonic() + seconds
        while True:
            if self.child.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.child.returncode}\n{self.tail()}")
            if result := ready():
                return result
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} was not ready after {seconds} s\n{self.tail()}")
            time.sleep(0.02)

    def text(self) -> str:
        """All that was logged so far."""
        return self.log.read_text(errors="replace")

    def tail(self, characters: int = 3000) -> str:
        return f"--- end of {self.log}\n{self.text()[-characters:]}"

    def send_signal(self, number: int):
        self.child.send_signal(number)

    def memory_kib(self) -> int:
        """Resident memory."""
        status = Path(f"/proc/{self.child.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))

    def kill(self):
        """Ends it without a chance to clean up."""
        self.stop(signal.SIGKILL)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 10):
        """Ends it, by force after `seconds`."""
        if self.child.poll() is None:
            self.child.send_signal(number)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        if self.child.stdout:
            self.child.stdout.close()
        self._file.close()


# Below the range from which the kernel takes ports for outgoing connections, so that none of those is in the way later.
_PORTS = itertools.cycle(range(20000, 32000))
for _ in range(random.randrange(12000)):
    next(_PORTS)


def free_port() -> int:
    """A port that nobody has right now, and that this run has not given out lately."""
    for port in _PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")
