"""When the service or a store fails, requests are refused or forwarded as the configuration says; never by accident."""

import signal

import anthropic
import openai
import pytest
import yaml

from harness import raw
from harness.config import ACME
from harness.simulator import sim

HELLO = [{"role": "user", "content": "hello jane@example.com"}]
REDACTING = {
    "name": "plain",
    "redaction": {"request": {"default": "token"}, "answer": {"default": "placeholder"}},
    "cache": "off",
}


def closed(config):
    config["policies"] = [REDACTING]
    config["service"].update(on_failure="closed", timeout="1s")


def opened(config):
    config["policies"] = [REDACTING]
    config["service"].update(on_failure="open", timeout="1s")


def refused(gateway, simulator):
    for stream in (False, True):
        with pytest.raises(openai.InternalServerError) as caught:
            gateway.openai(max_retries=0).chat.completions.create(model="gpt-4o", messages=HELLO, stream=stream)
        assert caught.value.status_code in (500, 503, 504) and caught.value.body["message"]
        with pytest.raises(anthropic.InternalServerError) as caught:
            gateway.anthropic(max_retries=0).messages.create(model="claude-sonnet-5", max_tokens=9, messages=HELLO, stream=stream)
        assert caught.value.body["error"]["message"]
    assert all(provider.requests() == [] for provider in simulator.providers.values())


def forwarded(gateway, openai_main, anthropic_main):
    client = gateway.openai(max_retries=0)
    assert client.chat.completions.create(model="gpt-4o", messages=HELLO).choices[0].message.content == HELLO[0]["content"]
    stream = client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True)
    assert "".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices) == HELLO[0]["content"]
    answer = gateway.anthropic(max_retries=0).messages.create(model="claude-sonnet-5", max_tokens=9, messages=HELLO)
    assert answer.content[0].text == HELLO[0]["content"]
    for provider in (openai_main, anthropic_main):
        received = provider.last()
        # Open means without policy, not without secrets of our own.
        assert ACME not in str(received.headers) and "sk-provider" in str(received.headers)
        assert not [name for name in received.headers if name.startswith("x-tollgate")]


def test_closed_without_a_service(start_gateway, simulator):
    gateway = start_gateway(closed, service=False)
    refused(gateway, simulator)


def test_open_without_a_service(start_gateway, openai_main, anthropic_main):
    gateway = start_gateway(opened, service=False)
    forwarded(gateway, openai_main, anthropic_main)


def test_closed_when_the_service_dies_and_well_again_when_it_comes_back(start_gateway, simulator):
    gateway = start_gateway(closed)
    client = gateway.openai(max_retries=0)
    client.chat.completions.create(model="gpt-4o", messages=HELLO)
    simulator.reset()
    gateway.service.kill()
    refused(gateway, simulator)
    gateway.start_service()
    gateway.wait_service()

    def answers():
        try:
            return client.chat.completions.create(model="gpt-4o", messages=HELLO)
        except openai.InternalServerError:
            return None

    gateway.wait_for(answers, seconds=10)


def test_open_when_the_service_dies(start_gateway, openai_main, anthropic_main):
    gateway = start_gateway(opened)
    gateway.openai().chat.completions.create(model="gpt-4o", messages=HELLO)
    gateway.service.kill()
    forwarded(gateway, openai_main, anthropic_main)


@pytest.mark.parametrize("mode", [closed, opened], ids=lambda mode: mode.__name__)
def test_a_service_that_does_not_answer(start_gateway, simulator, openai_main, anthropic_main, mode):
    gateway = start_gateway(mode)
    gateway.service.send_signal(signal.SIGSTOP)
    try:
        refused(gateway, simulator) if mode is closed else forwarded(gateway, openai_main, anthropic_main)
    finally:
        gateway.service.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("mode", [closed, opened], ids=lambda mode: mode.__name__)
def test_a_service_that_answers_without_deciding(start_gateway, simulator, openai_main, anthropic_main, mode):
    """Whatever goes wrong between the two: Envoy itself lets nothing pass that no decision allows."""
    gateway = start_gateway(mode)
    gateway.envoy.stop(signal.SIGTERM, seconds=5)
    file = gateway.folder / "envoy.yaml"
    envoy = yaml.safe_load(file.read_text())
    (ext_proc,) = (
        http_filter["typed_config"]
        for listener in envoy["static_resources"]["listeners"]
        for http_filter in listener["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"]
        if http_filter["name"] == "envoy.filters.http.ext_proc"
    )
    # Envoy takes the service's metadata from no namespace but this one, so the decision never arrives.
    ext_proc["metadata_options"]["receiving_namespaces"]["untyped"] = ["nobody"]
    file.write_text(yaml.safe_dump(envoy))
    gateway.start_envoy()
    refused(gateway, simulator) if mode is closed else forwarded(gateway, openai_main, anthropic_main)


@pytest.mark.parametrize("on_store_failure, status", [("closed", 503), ("open", 200)])
def test_the_store_of_budgets_fails(start_gateway, simulator, on_store_failure, status):
    """`store: failing` is there to rehearse this."""

    def edit(config):
        config["policies"] = [{**REDACTING, "budget": {"on_store_failure": on_store_failure}, "limits": {"requests_per_minute": 100}}]
        config["budget"] = {"store": "failing"}
        config["tenants"][0]["budget"] = {"usd": 1}

    gateway = start_gateway(edit)
    for stream in (False, True):
        answer = gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO, "max_tokens": 10, "stream": stream})
        assert answer.status == status, answer.body
        assert status == 200 or answer.json["error"]["message"]
    seen = [received.body for received in simulator["openai-main"].requests()]
    # Open is about money: the rest of the policy holds.
    assert len(seen) == (2 if status == 200 else 0) and "jane@" not in "".join(seen)
    gateway.wait_for(lambda: gateway.metric("tollgate_budget_store_errors_total") > 0)


def test_the_service_dies_while_a_provider_answers(start_gateway):
    """Closed: what the provider says cannot be checked any more, so the client does not get it."""
    gateway = start_gateway(closed)
    for stream in (False, True):
        body = {"model": "gpt-4o", "messages": HELLO, "stream": stream}
        with raw.Connection(gateway.address) as connection:
            headers = {"authorization": f"Bearer {ACME}", **sim(delay_ms=700, text="mail bob@leak.example", delta=50)}
            connection.send("POST", "/v1/chat/completions", headers, raw.json.dumps(body).encode())
            gateway.wait_for(lambda: gateway.simulator["openai-main"].requests())
            gateway.service.kill()
            try:
                answer = connection.read()
            except ConnectionError:
                answer = None
        assert answer is None or b"bob@leak.example" not in answer.body
        gateway.simulator.reset()
        gateway.start_service()
        gateway.wait_service()
        gateway.wait_for(lambda: gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO}).status == 200, seconds=10)
        gateway.simulator.reset()


def test_drain(start_gateway, openai_main):
    """A service that is told to stop finishes what it began and is not ready meanwhile."""
    gateway = start_gateway(closed)
    with raw.Connection(gateway.address) as connection:
        headers = {"authorization": f"Bearer {ACME}", **sim(delay_ms=500)}
        connection.send("POST", "/v1/chat/completions", headers, raw.json.dumps({"model": "gpt-4o", "messages": HELLO}).encode())
        openai_main.wait_for(lambda requests: requests)
        gateway.service.send_signal(signal.SIGTERM)
        gateway.wait_for(lambda: raw.get(gateway.admin, "/readyz").status == 503, seconds=0.4)
        answer = connection.read()
    assert answer.status == 200, answer.body
    gateway.wait_for(lambda: gateway.service.child.poll() is not None)
    assert gateway.service.child.returncode == 0
