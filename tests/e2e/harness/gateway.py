"""A whole gateway: `tollgate serve`, the rendered configuration, Envoy; ready when the constructor returns."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable

import anthropic
import openai
import yaml

from . import config as base_config
from . import paths, raw
from .process import Process, free_port
from .simulator import Simulator


class Gateway:
    """Envoy and the service in front of the simulator's providers."""

    def __init__(self, name: str, simulator: Simulator, edit: Callable[[dict], None] | None = None, service: bool = True):
        self.prepare(name, simulator, edit)
        try:
            if service:
                self.start_service()
            self.render()
            self.start_envoy()
            if service:
                self.wait_service()
        except BaseException:
            self.stop()
            raise

    def prepare(self, name: str, simulator: Simulator, edit: Callable[[dict], None] | None = None):
        """Writes the configuration; nothing runs yet."""
        self.name = name
        self.folder = paths.RUNS / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.simulator = simulator
        self.ports = {part: free_port() for part in ("gateway", "envoy_admin", "service", "admin")}
        self.address = f"127.0.0.1:{self.ports['gateway']}"
        self.url = f"http://{self.address}"
        self.admin = f"127.0.0.1:{self.ports['admin']}"
        self.envoy_admin = f"127.0.0.1:{self.ports['envoy_admin']}"
        self.binary = paths.binary("tollgate", "TOLLGATE_BIN")
        self.file = self.folder / "tollgate.yaml"
        self.service: Process | None = None
        self.envoy: Process | None = None
        self._clients: list = []
        addresses = {provider.name: provider.address for provider in simulator.providers.values()}
        self.config = base_config.base(addresses, self.ports, str(paths.FILTERS))
        if edit:
            edit(self.config)
        self.write_config()

    # Parts, which tests of failures start and stop by themselves.

    def write_config(self, text: str | None = None):
        """Writes the configuration in one step, as an editor or a config map does."""
        temporary = self.file.with_suffix(".new")
        temporary.write_text(text if text is not None else yaml.safe_dump(self.config, sort_keys=False))
        temporary.replace(self.file)

    def command(self, *arguments: str) -> subprocess.CompletedProcess:
        """Runs `tollgate` to its end."""
        return subprocess.run(
            [self.binary, *arguments], env={**os.environ, **base_config.SECRETS}, capture_output=True, text=True, timeout=60
        )

    def purge(self, *selection: str) -> subprocess.CompletedProcess:
        """Runs `tollgate cache purge` against this gateway's service."""
        return self.command("cache", "purge", "--admin", self.admin, *selection)

    def render(self):
        output = self.folder / "envoy.yaml"
        done = self.command(
            "render", "envoy", "--config", str(self.file), "--out", str(output), "--secrets-dir", str(self.folder / "secrets")
        )
        if done.returncode:
            raise RuntimeError(f"tollgate render envoy ended with {done.returncode}\n{done.stdout}{done.stderr}")

    def start_service(self):
        command = [self.binary, "serve", "--config", self.file]
        self.service = Process("tollgate serve", command, self.folder / "service.log", env=base_config.SECRETS)

    def wait_service(self):
        self.service.wait_until(lambda: _is_ok(f"http://{self.admin}/readyz"))

    def start_envoy(self):
        command = [
            paths.envoy(), "-c", self.folder / "envoy.yaml", "--disable-hot-restart", "--concurrency", "2",
            "--log-level", "warning", "--drain-time-s", "1", "--file-flush-interval-msec", "20",
        ]  # fmt: skip
        self.envoy = Process("envoy", command, self.folder / "envoy.log")
        self.envoy.wait_until(lambda: _is_ok(f"http://{self.envoy_admin}/ready"))

    def stop(self):
        for client in self._clients:
            client.close()
        for process in (self.envoy, self.service):
            if process:
                process.stop(signal.SIGTERM, seconds=5)

    # Clients.

    def openai(self, key: str = base_config.ACME, **options) -> openai.OpenAI:
        """The official OpenAI SDK; nothing is changed but the base URL."""
        client = openai.OpenAI(base_url=f"{self.url}/v1", api_key=key, timeout=20, **options)
        self._clients.append(client)
        return client

    def anthropic(self, key: str = base_config.ACME, **options) -> anthropic.Anthropic:
        """The official Anthropic SDK; nothing is changed but the base URL."""
        client = anthropic.Anthropic(base_url=self.url, api_key=key, timeout=20, **options)
        self._clients.append(client)
        return client

    def post(self, path: str, body, headers: dict | None = None, key: str | None = base_config.ACME) -> raw.Answer:
        """One raw request."""
        authorization = {"authorization": f"Bearer {key}"} if key else {}
        return raw.post(self.address, path, body, {**authorization, **(headers or {})})

    # What the parts say about themselves.

    def logs(self, event: str | None = None) -> list[dict]:
        """The service's log lines, optionally those with this `event`."""
        lines = [json.loads(line) for line in self.service.text().splitlines() if line.startswith("{")]
        return [line for line in lines if event is None or _event(line) == event]

    def metrics(self) -> dict[str, float]:
        """The service's metrics: `name{labels}` to value."""
        return _samples(_fetch(f"http://{self.admin}/metrics"))

    def metric(self, name: str, **labels: str) -> float:
        """The sum over all samples of a metric that carry these labels."""
        return sum_samples(self.metrics(), name, labels)

    def envoy_stats(self, pattern: str) -> dict[str, int]:
        """Envoy's counters and gauges that match a regular expression."""
        text = _fetch(f"http://{self.envoy_admin}/stats?filter={pattern}")
        pairs = (line.split(": ", 1) for line in text.splitlines() if ": " in line)
        return {name: int(value) for name, value in pairs if value.lstrip("-").isdigit()}

    def access_log(self) -> list[dict]:
        """Envoy's access log, one line per request that clients sent."""
        return [json.loads(line) for line in self.envoy.text().splitlines() if line.startswith("{")]

    def requests(self) -> int:
        """How many requests clients sent so far, retries of their SDKs included."""
        return len(self.access_log())

    def everything_logged(self) -> str:
        """Both logs as text, to look for what must not be there."""
        return self.service.text() + self.envoy.text()

    def wait_for(self, condition: Callable[[], object], seconds: float = 5):
        """Polls until `condition()` is true and returns what it said."""
        deadline = time.monotonic() + seconds
        while not (result := condition()):
            if time.monotonic() > deadline:
                raise AssertionError(f"it never happened\n{self.service.tail()}\n{self.envoy.tail()}")
            time.sleep(0.02)
        return result


def sum_samples(samples: dict[str, float], name: str, labels: dict[str, str]) -> float:
    """Adds up what carries the labels."""
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    return sum(
        value
        for sample, value in samples.items()
        if sample.split("{")[0] == name and all(label in sample for label in wanted)
    )


def _event(line: dict) -> str | None:
    return line.get("event") or line.get("message") or line.get("fields", {}).get("message")


def _samples(text: str) -> dict[str, float]:
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def _fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as response:
        return response.read().decode()


def _is_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
