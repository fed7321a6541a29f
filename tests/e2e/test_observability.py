"""What can be seen: Envoy's access log, the service's health, metrics that add up."""

import signal

import pytest

from harness import http2, raw
from harness.config import ACME
from harness.simulator import sim

HELLO = [{"role": "user", "content": "hello world"}]
SCRIPT = {"prompt_tokens": 11, "completion_tokens": 13}

# The prompt's tokens by endpoint: "hello world" is two; chat adds seven for the message, its role and the answer's start.
REQUESTS = {
    "/v1/chat/completions": ({"model": "gpt-4o", "messages": HELLO}, 9),
    "/v1/responses": ({"model": "gpt-4o", "input": "hello world"}, None),
    "/v1/completions": ({"model": "gpt-3.5-turbo-instruct", "prompt": "hello world"}, None),
    "/v1/embeddings": ({"model": "text-embedding-3-small", "input": "hello world"}, None),
    "/v1/messages": ({"model": "claude-sonnet-5", "max_tokens": 99, "messages": HELLO}, None),
}


# Embeddings are not streamed.
@pytest.mark.parametrize("path, stream", [(path, stream) for path in REQUESTS for stream in (False, True) if not (stream and "embed" in path)])
def test_access_log(gateway, path, stream):
    body, tokens = REQUESTS[path]
    before = gateway.requests()
    headers = {"anthropic-version": "2023-06-01", **sim(**SCRIPT)}
    answer = gateway.post(path, {**body, "stream": stream} if stream else body, headers)
    assert answer.status == 200, answer.body
    gateway.wait_for(lambda: gateway.requests() == before + 1)
    line = gateway.access_log()[-1]
    assert line["model"] == body["model"] and line["path"] == path and line["status"] == 200
    assert line["tenant"] == "acme" and line["key"] == "ci" and line["request_id"] == answer.headers["x-request-id"]
    assert int(line["input_tokens"]) == 11
    assert int(line["output_tokens"] or 0) == (0 if path == "/v1/embeddings" else 13)
    if tokens:
        assert int(line["prompt_tokens"]) == tokens
    assert 1 <= int(line["prompt_tokens"]) <= 20
    # The service says the same of it.
    gateway.wait_for(lambda: [entry for entry in gateway.logs() if entry.get("request_id") == line["request_id"]])


def test_usage_is_seen_without_the_service(start_gateway):
    """Where the service is off the path, router.wasm reads the answer by itself."""

    def edit(config):
        config["service"]["on_failure"] = "open"

    gateway = start_gateway(edit, service=False)
    for stream in (False, True):
        before = gateway.requests()
        assert gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO, "stream": stream}, sim(**SCRIPT)).status == 200
        gateway.wait_for(lambda: gateway.requests() == before + 1)
        line = gateway.access_log()[-1]
        assert line["prompt_tokens"] == "9"
        # OpenAI reports a stream's usage only to who asks for it, and nobody did here.
        assert (line["input_tokens"], line["output_tokens"]) == ((None, None) if stream else ("11", "13"))


def test_metrics_add_up(gateway):
    before = gateway.metrics()
    for _ in range(3):
        gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO}, sim(**SCRIPT))
    gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO}, key="tg-nobody")

    def added(name, **labels):
        from harness.gateway import sum_samples

        return sum_samples(gateway.metrics(), name, labels) - sum_samples(before, name, labels)

    gateway.wait_for(lambda: added("tollgate_tokens_total", tenant="acme", direction="output") == 39)
    assert added("tollgate_tokens_total", tenant="acme", direction="input") == 33
    assert added("tollgate_cost_usd_total", tenant="acme", model="gpt-4o") == pytest.approx(3 * (11 * 0.001 + 13 * 0.002))
    assert added("tollgate_requests_total", tenant="acme", model="gpt-4o") == 3
    gateway.wait_for(lambda: gateway.metric("tollgate_open_exchanges") == 0)


def test_health(start_gateway):
    gateway = start_gateway()
    service = f"127.0.0.1:{gateway.ports['service']}"
    assert http2.healthy(service)
    assert raw.get(gateway.admin, "/healthz").status == raw.get(gateway.admin, "/readyz").status == 200
    headers = {"authorization": f"Bearer {ACME}", **sim(delay_ms=800)}
    with raw.Connection(gateway.address) as connection:
        connection.send("POST", "/v1/chat/completions", headers, raw.json.dumps({"model": "gpt-4o", "messages": HELLO}).encode())
        gateway.simulator["openai-main"].wait_for(lambda requests: requests)
        gateway.service.send_signal(signal.SIGTERM)
        gateway.wait_for(lambda: raw.get(gateway.admin, "/readyz").status == 503, seconds=0.5)
        assert connection.read().status == 200
