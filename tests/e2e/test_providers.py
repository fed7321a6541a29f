"""Lanes: each provider with its own address, path prefix, TLS and credential; several listeners; both kinds of clusters."""

import pytest

from harness.config import ACME, named
from harness.process import free_port
from harness.simulator import sim
from harness.tls import CERTIFICATE, TlsProxy

HELLO = [{"role": "user", "content": "hello"}]


def chat(gateway, headers=None, **body):
    return gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO, **body}, headers)


@pytest.fixture
def tls(simulator):
    proxies = {name: TlsProxy(provider.address) for name, provider in simulator.providers.items()}
    yield proxies
    for proxy in proxies.values():
        proxy.stop()


def test_tls(start_gateway, simulator, tls):
    """Directly and through a lane, in both dialects: the server name is asked for and the certificate is checked."""

    def edit(config):
        for provider in config["providers"]:
            provider["url"] = f"https://localhost:{tls[provider['name']].port}"
            provider["ca_file"] = str(CERTIFICATE)

    gateway = start_gateway(edit)
    for stream in (False, True):
        assert chat(gateway, stream=stream).status == 200
        assert chat(gateway, {"x-pool": "anthropic"}, stream=stream).status == 200
        assert chat(gateway, {"x-pool": "failover", **sim(_for="openai-main", status=503)}, stream=stream).status == 200
    for name in (provider["name"] for provider in gateway.config["providers"]):
        proxy = tls[name]
        assert set(proxy.names) == {"localhost"}
        assert simulator[name].last().headers["host"] == f"localhost:{proxy.port}"


def test_tls_with_a_certificate_that_nobody_vouches_for(start_gateway, simulator, tls):
    def edit(config):
        for provider in config["providers"]:
            provider["url"] = f"https://localhost:{tls[provider['name']].port}"

    gateway = start_gateway(edit)
    for headers in ({}, {"x-pool": "anthropic"}):
        answer = chat(gateway, headers)
        assert answer.status in (502, 503) and answer.json["error"]["message"]
    assert all(provider.requests() == [] for provider in simulator.providers.values())


def test_path_prefixes_replace_v1(start_gateway, openai_main, anthropic_main):
    def edit(config):
        named(config["providers"], "openai-main")["url"] += "/openai/v1"
        named(config["providers"], "anthropic-main")["url"] += "/proxy/anthropic"

    gateway = start_gateway(edit)
    assert chat(gateway).status == 200
    assert openai_main.last().path == "/openai/v1/chat/completions"
    assert gateway.post("/v1/embeddings", {"model": "text-embedding-3-small", "input": "x"}).status == 200
    assert openai_main.last().path == "/openai/v1/embeddings"
    assert chat(gateway, {"x-pool": "anthropic"}).status == 200
    assert anthropic_main.last().path == "/proxy/anthropic/messages"
    request = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": HELLO}
    assert gateway.post("/v1/messages", request, {"anthropic-version": "2023-06-01"}).status == 200
    assert anthropic_main.last().path == "/proxy/anthropic/messages"


def test_a_provider_without_a_credential_gets_none(start_gateway, openai_main):
    def edit(config):
        del named(config["providers"], "openai-main")["credential"]

    gateway = start_gateway(edit)
    assert chat(gateway).status == 200
    received = openai_main.last()
    assert "authorization" not in received.headers and ACME not in str(received.headers)


def test_a_credential_from_a_file_and_its_rotation(start_gateway, openai_main, tmp_path):
    secret = tmp_path / "openai"
    secret.write_text("sk-from-a-file\n")

    def edit(config):
        named(config["providers"], "openai-main")["credential"] = {"file": str(secret)}

    gateway = start_gateway(edit)
    chat(gateway)
    assert openai_main.last().headers["authorization"] == "Bearer sk-from-a-file"
    secret.write_text("sk-rotated\n")
    gateway.render()

    def rotated():
        chat(gateway)
        return openai_main.last().headers["authorization"] == "Bearer sk-rotated"

    gateway.wait_for(rotated)


def test_several_listeners(start_gateway):
    port = free_port()

    def edit(config):
        config["listeners"].append({"name": "small", "address": f"127.0.0.1:{port}", "max_body": "1KiB"})

    gateway = start_gateway(edit)
    messages = [{"role": "user", "content": "x" * 2000}]
    assert chat(gateway, messages=messages).status == 200
    gateway.address = f"127.0.0.1:{port}"
    assert chat(gateway).status == 200
    answer = chat(gateway, messages=messages)
    assert answer.status == 413 and answer.json["error"]["message"]


def test_aggregate_clusters_of_older_envoys(start_gateway, simulator):
    """What is rendered for an Envoy before 1.37 fails over too."""

    def edit(config):
        config["envoy"]["version"] = "1.36"

    gateway = start_gateway(edit)
    for pool, second in (("failover", "openai-backup"), ("mixed", "anthropic-main")):
        for stream in (False, True):
            simulator.reset()
            answer = chat(gateway, {"x-pool": pool, **sim(_for="openai-main", status=503)}, stream=stream)
            assert answer.status == 200, answer.body
            assert len(simulator[second].requests()) == 1


def test_a_unix_socket_between_envoy_and_the_service(start_gateway, tmp_path_factory):
    import tempfile

    folder = tempfile.mkdtemp(prefix="tg-")

    def edit(config):
        config["service"]["address"] = f"unix:{folder}/ext_proc.sock"

    assert chat(start_gateway(edit)).status == 200
