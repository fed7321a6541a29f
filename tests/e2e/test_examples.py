"""What the examples show is true: the SDK scripts run as they stand, against a running gateway."""

import os
import subprocess
import sys

import pytest

from harness.config import ACME
from harness.paths import ROOT


def edit(config):
    for policy in config["policies"]:
        policy["redaction"] = {"request": {"default": "token"}, "answer": {"default": "placeholder"}}


@pytest.mark.parametrize(
    "script, said",
    [
        ("openai_chat.py", ["Repeat after me: jane.doe@example.com", "Now as a stream: 203.0.113.77"]),
        ("anthropic_messages.py", ["Hello in another dialect", "And as a stream"]),
    ],
)
def test_sdk_scripts(gateway, script, said):
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "sdks" / script],
        env={**os.environ, "TOLLGATE_URL": gateway.url, "TOLLGATE_KEY": ACME},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[: len(said)] == said
