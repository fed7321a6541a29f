"""Fixtures: one simulator for the session, one gateway per test module.

A module that needs another configuration has a function `edit(config)`; a test that needs a gateway of its own takes
`start_gateway`. Logs and rendered files are left under target/e2e/<module or test>.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import paths
from harness.config import HOOKS, PROVIDERS
from harness.gateway import Gateway
from harness.simulator import Simulator


@pytest.fixture(scope="session")
def simulator():
    simulator = Simulator([*PROVIDERS, *HOOKS], paths.RUNS / "simulator.log")
    yield simulator
    simulator.stop()


@pytest.fixture(scope="module")
def gateway(request, simulator):
    name = Path(request.module.__file__).stem
    gateway = Gateway(name, simulator, getattr(request.module, "edit", None))
    yield gateway
    gateway.stop()


@pytest.fixture
def start_gateway(request, simulator):
    """Starts gateways that end with the test: `start_gateway(edit, service=False)`."""
    started = []

    def start(edit=None, **options) -> Gateway:
        name = f"{Path(request.module.__file__).stem}/{request.node.name}-{len(started)}".replace("[", "-").replace("]", "")
        started.append(Gateway(name, simulator, edit, **options))
        return started[-1]

    yield start
    for gateway in started:
        gateway.stop()


@pytest.fixture(autouse=True)
def fresh_providers(request):
    """Each test sees only its own requests at the providers."""
    if "simulator" in request.fixturenames or "gateway" in request.fixturenames:
        request.getfixturevalue("simulator").reset()


@pytest.fixture(scope="module")
def oai(gateway):
    return gateway.openai()


@pytest.fixture(scope="module")
def ant(gateway):
    return gateway.anthropic()


@pytest.fixture(scope="module")
def openai_main(simulator):
    return simulator["openai-main"]


@pytest.fixture(scope="module")
def openai_backup(simulator):
    return simulator["openai-backup"]


@pytest.fixture(scope="module")
def anthropic_main(simulator):
    return simulator["anthropic-main"]


@pytest.fixture(scope="module")
def names(simulator):
    return simulator["names"]


@pytest.fixture(scope="module")
def moderator(simulator):
    return simulator["moderator"]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of its gateway's logs."""
    outcome = yield
    report = outcome.get_result()
    gateway = getattr(item, "funcargs", {}).get("gateway")
    if report.when == "call" and report.failed and isinstance(gateway, Gateway):
        for process in (gateway.service, gateway.envoy):
            if process:
                report.sections.append((f"{process.name} {process.log}", process.text()[-2000:]))
