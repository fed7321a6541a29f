"""The provider simulator: one process, one listener per provider name (tests/simulator/README.md)."""

import json
import time
import urllib.request
from pathlib import Path

from . import paths
from .process import Process


class Received:
    """One request as a provider got it."""

    def __init__(self, record: dict):
        self.method = record["method"]
        self.path = record["path"]
        self.headers = {name.lower(): value for name, value in record["headers"]}
        self.body = record["body"]
        self.outcome = record["outcome"]
        self.written = record["written"]

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"Received({self.method} {self.path} {self.outcome} {self.body[:200]!r})"


class Provider:
    """One listener of the simulator."""

    def __init__(self, name: str, address: str):
        self.name = name
        self.address = address
        self.url = f"http://{address}"

    def requests(self) -> list[Received]:
        """What it received since the last `reset`."""
        return [Received(record) for record in json.loads(self._call("GET", "/sim/requests"))]

    def last(self) -> Received:
        return self.requests()[-1]

    def wait_for(self, condition, seconds: float = 5) -> list[Received]:
        """Polls until `condition(requests)` holds."""
        deadline = time.monotonic() + seconds
        while not condition(requests := self.requests()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name} never got there: {requests}")
            time.sleep(0.02)
        return requests

    def script(self, **script):
        """What holds for requests that bring no script of their own."""
        self._call("PUT", "/sim/script", json.dumps(script).encode())

    def reset(self):
        """Forgets requests and script."""
        self._call("DELETE", "/sim/requests")
        self._call("DELETE", "/sim/script")

    def _call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(self.url + path, method=method, data=body)
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.read()


class Simulator:
    """The process with all its providers, by name."""

    def __init__(self, names: list[str], log: Path):
        listeners = [part for name in names for part in ("--listen", f"{name}=127.0.0.1:0")]
        command = [paths.binary("tollgate-simulator", "TOLLGATE_SIMULATOR_BIN"), *listeners]
        self.process = Process("simulator", command, log, pipe=True)
        lines = self.process.lines()
        found = [json.loads(next(lines)) for _ in names]
        self.providers = {line["name"]: Provider(line["name"], line["address"]) for line in found}

    def __getitem__(self, name: str) -> Provider:
        return self.providers[name]

    def reset(self):
        for provider in self.providers.values():
            provider.reset()

    def stop(self):
        self.process.stop()


def sim(**script) -> dict:
    """Request headers that script the answer: `sim(status=429)`; `sim(_for="openai-main", status=429)` for one provider."""
    provider = script.pop("_for", None)
    name = f"x-sim-{provider}" if provider else "x-sim"
    return {name: json.dumps(script)}
