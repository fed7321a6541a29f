"""Clients that speak HTTP/2: streams side by side, trailers behind a body, flow control, cancelled streams."""

import gzip
import json

import pytest

from harness import http2
from harness.config import ACME
from harness.simulator import sim

CHAT = ("/v1/chat/completions", "gpt-4o", "openai-main")
MESSAGES = ("/v1/messages", "claude-sonnet-5", "anthropic-main")
ENDPOINTS = pytest.mark.parametrize("path, model, provider", [CHAT, MESSAGES])


def edit(config):
    config["models"].append(
        {"name": "endless", "encoding": "o200k_base", "price": "free",
         "providers": {"openai-main": "endless", "anthropic-main": "endless"}}
    )  # fmt: skip
    config["listeners"][0]["max_body"] = "12MiB"
    config["policies"] = [
        {
            "name": "plain",
            "redaction": {"request": {"default": "token"}, "answer": {"default": "placeholder"}},
            "cache": "off",
        }
    ]


def request(model, text="hello world", **fields):
    body = {"model": model, "max_tokens": 99, "messages": [{"role": "user", "content": text}], **fields}
    return json.dumps(body).encode()


def headers(key=ACME, **script):
    return {"authorization": f"Bearer {key}", "content-type": "application/json", "anthropic-version": "2023-06-01", **sim(**script)}


def said(answer):
    """The text of an answer in either dialect, plain or streamed."""
    if not answer.text.startswith("{"):
        events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
        chat = [choice["delta"].get("content") or "" for event in events for choice in event.get("choices", [])]
        return "".join(chat + [event["delta"].get("text", "") for event in events if event.get("type") == "content_block_delta"])
    body = answer.json
    return body["choices"][0]["message"]["content"] if "choices" in body else body["content"][0]["text"]


@pytest.fixture
def connection(gateway):
    with http2.Connection(gateway.address) as connection:
        yield connection


@ENDPOINTS
@pytest.mark.parametrize("stream", [False, True])
def test_the_policy_holds(connection, simulator, path, model, provider, stream):
    body = request(model, "write to jane@example.com", stream=stream)
    answer = connection.answer(connection.send("POST", path, headers(), body))
    assert answer.status == 200 and answer.reset is None, answer.text
    assert said(answer) == "write to jane@example.com"
    seen = simulator[provider].last().body
    assert "jane@example.com" not in seen and "write to" in seen


@ENDPOINTS
def test_streams_side_by_side(connection, path, model, provider):
    """Each gets what it asked for, with its own values put back."""
    texts = [f"mail user{number}@example.com about {'it' if number % 2 else 'that'}" for number in range(24)]
    script = headers(delta=5, chunk_ms=1)
    numbers = [connection.send("POST", path, script, request(model, text, stream=number % 3 != 0)) for number, text in enumerate(texts)]
    assert [said(connection.answer(number)) for number in numbers] == texts


@ENDPOINTS
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("compressed", [False, True])
def test_trailers_behind_a_body(connection, gateway, simulator, path, model, provider, stream, compressed):
    """The body ends with its trailers: it is counted, redacted, forwarded whole."""
    body = request(model, "write to jane@example.com", stream=stream)
    before = gateway.metric("tollgate_redacted_entities_total")
    sent = headers()
    if compressed:
        body, sent["content-encoding"] = gzip.compress(body), "gzip"
    answer = connection.answer(connection.send("POST", path, sent, body, trailers={"x-checksum": "abc"}))
    assert answer.status == 200, answer.text
    assert said(answer) == "write to jane@example.com"
    assert "jane@example.com" not in simulator[provider].last().body
    assert gateway.metric("tollgate_redacted_entities_total") > before


@ENDPOINTS
def test_trailers_without_a_body(connection, path, model, provider):
    answer = connection.answer(connection.send("POST", path, headers(), trailers={"x-checksum": "abc"}))
    assert answer.status == 400 and answer.json["error"]["type"] == "invalid_request_error"


@ENDPOINTS
def test_a_big_body_within_the_windows(connection, simulator, path, model, provider):
    text = "The quick brown fox jumps over the lazy dog. " * 220_000
    sent = {"x-pool": "anthropic" if provider == "anthropic-main" else "openai", **headers(text="read")}
    answer = connection.answer(connection.send("POST", path, sent, request("endless", text)))
    assert answer.status == 200 and said(answer) == "read"
    assert simulator[provider].last().json["messages"][0]["content"] == text


@ENDPOINTS
@pytest.mark.parametrize("trailers", [None, {"x-checksum": "abc"}])
def test_a_body_over_the_limit(connection, path, model, provider, trailers):
    answer = connection.answer(connection.send("POST", path, headers(), request(model, "a" * (13 << 20)), trailers))
    assert answer.status == 413 and answer.json["error"]["message"]
    # The connection is still good for others.
    assert connection.answer(connection.send("POST", path, headers(), request(model))).status == 200


@ENDPOINTS
def test_refusals(connection, path, model, provider):
    answer = connection.answer(connection.send("POST", path, headers(key="tg-wrong"), request(model)))
    assert answer.status == 401 and answer.headers["x-should-retry"] == "false" and answer.json["error"]["message"]
    answer = connection.answer(connection.send("POST", path, headers(), b'{"model": '))
    assert answer.status == 400 and answer.json["error"]["message"]


@ENDPOINTS
def test_a_cancelled_stream(connection, gateway, simulator, path, model, provider):
    """The provider is let go; the connection's other streams go on."""
    body = request(model, stream=True)
    leaving = connection.send("POST", path, headers(text="hello " * 200, delta=6, chunk_ms=10), body)
    staying = connection.send("POST", path, headers(text="hello " * 50, delta=6, chunk_ms=10), body)
    while connection.streams[leaving].body.count(b"hello ") < 10:
        connection.receive()
    connection.leave(leaving)
    assert said(connection.answer(staying)) == "hello " * 50
    simulator[provider].wait_for(lambda requests: any(request.outcome == "client_left" for request in requests))
    gateway.wait_for(lambda: gateway.metric("tollgate_open_exchanges") == 0)


@ENDPOINTS
def test_a_provider_that_stops(connection, path, model, provider):
    """A cut stream does not look complete."""
    number = connection.send("POST", path, headers(text="hello " * 50, delta=6, reset_after=400), request(model, stream=True))
    answer = connection.answer(number)
    assert answer.reset is not None or "error" in answer.text
