"""The command line: check says every error at once with its path, schema and render print what they promise."""

import json
import os
import stat

import pytest
import yaml

from harness.config import ACME, hashed
from harness.gateway import Gateway


@pytest.fixture(scope="module")
def tool(simulator):
    """The command line on a configuration, nothing running."""
    gateway = Gateway.__new__(Gateway)
    gateway.prepare("test_cli", simulator)
    return gateway


def test_check_right(tool):
    done = tool.command("check", "--config", str(tool.file))
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_says_every_error_with_its_path(tool):
    config = yaml.safe_load(tool.file.read_text())
    config["pools"][1]["providers"] = ["opnai-main"]
    config["models"][0]["price"]["input"] = "much"
    config["listeners"][0]["max_body"] = "12 bananas"
    config["tenants"][0]["keys"][0]["hash"] = "md5:x"
    config["routes"][0]["colour"] = "red"
    wrong = tool.folder / "wrong.yaml"
    wrong.write_text(yaml.safe_dump(config, sort_keys=False))
    done = tool.command("check", "--config", str(wrong))
    assert done.returncode != 0
    for path in ("pools[1].providers[0]", "models[0].price.input", "listeners[0].max_body", "tenants[0].keys[0].hash", "routes[0]", "colour"):
        assert path in done.stdout + done.stderr, path
    assert "openai-main" in done.stdout + done.stderr  # did you mean


def test_check_reads_kinds_of_ones_own(tool):
    config = yaml.safe_load(tool.file.read_text())
    config["policies"][0]["redaction"] = {
        "request": {
            "default": "token",
            "entities": {"CUSTOM": "token"},
            "custom": [
                {"name": "CASE", "patterns": ["CASE-[0-9"]},
                {"name": "case", "words": ["Bluebird"]},
                {"name": "GONE", "words": ["Bluebird"], "operator": "off"},
                {"name": "RIGHT", "words": ["Bluebird"]},
            ],
        },
        "answer": {"default": "placeholder", "custom": [{"name": "CASE", "words": ["Bluebird"], "operator": "token"}]},
    }
    wrong = tool.folder / "custom.yaml"
    wrong.write_text(yaml.safe_dump(config, sort_keys=False))
    done = tool.command("check", "--config", str(wrong))
    said = done.stdout + done.stderr
    assert done.returncode != 0
    for part in (
        "request.entities.CUSTOM: no such entity",
        "request.custom[0]: patterns[0]: ",
        "request.custom[1]: name: ",
        "request.custom[2].operator: ",
        "answer.custom[0].operator: ",
    ):
        assert part in said, said
    assert "custom[3]" not in said


def test_a_wrong_file_starts_nothing(tool):
    wrong = tool.folder / "empty.yaml"
    wrong.write_text("version: 1\nsurprise: 1\n")
    for arguments in (["serve"], ["render", "envoy", "--out", str(tool.folder / "no.yaml"), "--secrets-dir", str(tool.folder / "no")]):
        done = tool.command(*arguments, "--config", str(wrong))
        assert done.returncode != 0 and "surprise" in done.stdout + done.stderr


def test_schema(tool):
    done = tool.command("schema")
    schema = json.loads(done.stdout)
    assert {"providers", "models", "pools", "routes", "tenants", "policies"} <= set(json.dumps(schema).replace('"', " ").split())


def test_render(tool):
    out, secrets = tool.folder / "envoy.yaml", tool.folder / "secrets"
    done = tool.command("render", "envoy", "--config", str(tool.file), "--out", str(out), "--secrets-dir", str(secrets))
    assert done.returncode == 0, done.stderr
    text = out.read_text()
    assert yaml.safe_load(text)["static_resources"]
    assert "sk-provider" not in text and ACME not in text
    files = [path for path in secrets.iterdir()]
    assert len(files) == 3 and all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    assert any("sk-provider-openai-main" in path.read_text() for path in files)
    again = tool.folder / "again.yaml"
    tool.command("render", "envoy", "--config", str(tool.file), "--out", str(again), "--secrets-dir", str(secrets))
    assert again.read_text() == text


def test_keys(tool):
    import subprocess

    done = subprocess.run([tool.binary, "keys", "hash"], input=ACME + "\n", capture_output=True, text=True, env=os.environ)
    assert done.stdout.strip() == hashed(ACME)
    new = tool.command("keys", "new").stdout
    assert "sha256:" in new
