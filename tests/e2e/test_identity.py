"""Virtual keys: Bearer or x-api-key, known by their hash, allowed models, expiry; refusals are the SDK's exceptions, once."""

import anthropic
import openai
import pytest

from harness import raw
from harness.config import ACME, ACME_LIMITED, UNKNOWN, hashed, named

HELLO = [{"role": "user", "content": "hello"}]
EXPIRED = "tg-expired-0123456789abcdef"


def edit(config):
    named(config["tenants"], "acme")["keys"].append({"name": "old", "hash": hashed(EXPIRED), "expires": "2020-01-01T00:00:00Z"})


def ask(client, model="gpt-4o", **options):
    if isinstance(client, anthropic.Anthropic):
        return client.messages.create(model=model, max_tokens=9, messages=HELLO, **options)
    return client.chat.completions.create(model=model, messages=HELLO, **options)


def test_both_headers_carry_a_key(gateway, anthropic_main, openai_main):
    request = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": HELLO}
    for headers in ({"authorization": f"Bearer {ACME}"}, {"x-api-key": ACME}, {"authorization": f"bearer {ACME}"}):
        answer = gateway.post("/v1/messages", request, {"anthropic-version": "2023-06-01", **headers}, key=None)
        assert answer.status == 200, answer.body
        received = anthropic_main.last()
        assert received.headers["x-api-key"] == "sk-provider-anthropic-main"
        assert ACME not in str(received.headers)
        answer = gateway.post("/v1/chat/completions", {**request, "model": "gpt-4o"}, headers, key=None)
        assert answer.status == 200, answer.body
        assert openai_main.last().headers["authorization"] == "Bearer sk-provider-openai-main"
        assert ACME not in str(openai_main.last().headers)


@pytest.mark.parametrize("key", [UNKNOWN, EXPIRED])
@pytest.mark.parametrize("stream", [False, True])
def test_a_wrong_key_is_an_authentication_error_and_is_not_retried(gateway, simulator, key, stream):
    for client, kind, model in (
        (gateway.openai(key), openai.AuthenticationError, "gpt-4o"),
        (gateway.anthropic(key), anthropic.AuthenticationError, "claude-sonnet-5"),
    ):
        before = gateway.requests()
        with pytest.raises(kind) as caught:
            ask(client, model, stream=stream)
        gateway.wait_for(lambda: gateway.requests() == before + 1)
        assert caught.value.response.headers["x-should-retry"] == "false"
        assert caught.value.request_id
        assert key not in caught.value.response.text
    assert all(provider.requests() == [] for provider in simulator.providers.values())


def test_no_key_at_all(gateway, openai_main):
    for headers in ({}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer "}, {"x-api-key": ""}):
        answer = gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO}, headers, key=None)
        assert answer.status == 401 and answer.json["error"]["message"], headers
    assert openai_main.requests() == []


def test_a_connection_can_be_used_after_a_refusal(gateway):
    body = raw.json.dumps({"model": "gpt-4o", "messages": HELLO}).encode()
    with raw.Connection(gateway.address) as connection:
        for key, status in ((UNKNOWN, 401), (ACME, 200), (UNKNOWN, 401), (ACME, 200)):
            connection.send("POST", "/v1/chat/completions", {"authorization": f"Bearer {key}"}, body)
            assert connection.read().status == status


def test_a_model_that_the_key_may_not_use(gateway, simulator):
    ask(gateway.openai(ACME_LIMITED), "gpt-4o-mini")
    simulator.reset()
    with pytest.raises(openai.PermissionDeniedError):
        ask(gateway.openai(ACME_LIMITED), "gpt-4o")
    with pytest.raises(anthropic.PermissionDeniedError):
        ask(gateway.anthropic(ACME_LIMITED), "claude-sonnet-5")
    assert all(provider.requests() == [] for provider in simulator.providers.values())


def test_logs_have_request_ids_but_neither_keys_nor_content(gateway):
    secret = "the-zebra-crossed-at-noon"
    answer = gateway.openai().chat.completions.with_raw_response.create(model="gpt-4o", messages=[{"role": "user", "content": secret}])
    request_id = answer.headers["x-request-id"]
    with pytest.raises(openai.AuthenticationError):
        gateway.openai(UNKNOWN).chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": secret}])
    lines = gateway.wait_for(lambda: [line for line in gateway.logs() if request_id in str(line)])
    assert "acme" in str(lines) and "gpt-4o" in str(lines)
    logged = gateway.everything_logged()
    for hidden in (secret, ACME, UNKNOWN, "sk-provider-openai-main"):
        assert hidden not in logged
