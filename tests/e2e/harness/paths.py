"""Where things are. `tollgate-dev` sets the variables; without them the places that cargo builds to are tried."""

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
FILTERS = Path(os.environ.get("TOLLGATE_FILTERS", ROOT / "target" / "filters"))
# Two runs in one checkout need different folders.
RUNS = Path(os.environ.get("TOLLGATE_E2E_RUNS", ROOT / "target" / "e2e"))


def binary(name: str, variable: str) -> Path:
    """The binary that `variable` names, or the newest that cargo built."""
    if variable in os.environ:
        return Path(os.environ[variable])
    built = [path for profile in ("debug", "release") if (path := TARGET / profile / name).exists()]
    if not built:
        raise RuntimeError(f"no {name} under {TARGET}: build it with `cargo build -p {name}`, or set {variable}")
    return max(built, key=lambda path: path.stat().st_mtime)


def envoy() -> Path:
    """ENVOY_BIN, else the `envoy` of this Python's environment, else the one on the path."""
    if "ENVOY_BIN" in os.environ:
        return Path(os.environ["ENVOY_BIN"])
    beside = Path(sys.executable).parent / "envoy"
    found = beside if beside.exists() else shutil.which("envoy")
    if not found:
        raise RuntimeError("no envoy: install tests/requirements.txt, or set ENVOY_BIN")
    return Path(found)


@functools.cache
def envoy_version() -> str:
    """What that Envoy is, for the configuration: `1.40`."""
    said = subprocess.run([envoy(), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"/(\d+\.\d+)\.\d+", said)
    if not found:
        raise RuntimeError(f"{envoy()} does not say its version: {said!r}")
    return found[1]
