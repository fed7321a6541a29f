"""Big bodies pass, too big ones are a 413 and broken ones a 400, each in the client's dialect."""

import gzip
import json
import zlib

import anthropic
import openai
import pytest

from harness import raw
from harness.config import ACME
from harness.simulator import sim

AUTHORIZATION = {"authorization": f"Bearer {ACME}"}


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
            "cache": {"mode": "exact", "ttl": "1m", "scope": "tenant"},
        }
    ]


def messages(size):
    sentence = "The quick brown fox jumps over the lazy dog near the river bank today. "
    return [{"role": "user", "content": sentence * (size // len(sentence))}]


@pytest.mark.parametrize("stream", [False, True])
def test_ten_megabytes_pass(gateway, openai_main, anthropic_main, stream):
    body = messages(10_000_000)
    script = {"cache-control": "no-cache", **sim(text="read")}
    answer = gateway.post("/v1/chat/completions", {"model": "endless", "messages": body, "stream": stream}, script)
    assert answer.status == 200 and "read" in answer.text, answer.body[:500]
    assert openai_main.last().json["messages"] == body
    request = {"model": "endless", "max_tokens": 9, "messages": body, "stream": stream}
    answer = gateway.post("/v1/messages", request, {"anthropic-version": "2023-06-01", "x-pool": "anthropic", **script})
    assert answer.status == 200 and "read" in answer.text, answer.body[:500]
    assert anthropic_main.last().json["messages"] == body


def test_ten_megabytes_through_translation(gateway, anthropic_main):
    body = messages(10_000_000)
    answer = gateway.post("/v1/chat/completions", {"model": "endless", "messages": body}, {"x-pool": "anthropic", **sim(text="read")})
    assert answer.status == 200, answer.body[:500]
    assert body[0]["content"] in anthropic_main.last().body


def test_ten_megabytes_of_image(gateway, openai_main):
    url = "data:image/png;base64," + "iVBORw0KGgo" * 900_000
    body = [{"role": "user", "content": [{"type": "text", "text": "mail jane@example.com"}, {"type": "image_url", "image_url": {"url": url}}]}]
    answer = gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": body}, sim(text="seen"))
    assert answer.status == 200, answer.body[:500]
    received = openai_main.last()
    assert received.json["messages"][0]["content"][1]["image_url"]["url"] == url and "jane@" not in received.body


def test_big_answers_pass(gateway):
    """Two megabytes of answer, plain and as a stream."""
    text = "word " * 400_000
    for stream in (False, True):
        script = sim(delta=1000)
        answer = gateway.post("/v1/chat/completions", {"model": "endless", "messages": [{"role": "user", "content": text}], "stream": stream}, script)
        assert answer.status == 200 and not answer.cut
        if stream:
            said = "".join(choice["delta"].get("content") or "" for event in answer.events() if event != "[DONE]" for choice in event["choices"])
        else:
            said = answer.json["choices"][0]["message"]["content"]
        assert said == text


def test_over_the_limit(gateway, simulator):
    body = messages(13 * 1024 * 1024)
    client = gateway.openai()
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="endless", messages=body)
    assert caught.value.status_code == 413 and caught.value.body["message"]
    assert caught.value.response.headers["x-should-retry"] == "false"
    with pytest.raises(anthropic.APIStatusError) as caught:
        gateway.anthropic().messages.create(model="endless", max_tokens=9, messages=body)
    assert caught.value.status_code == 413 and caught.value.body["error"]["type"] == "request_too_large"
    assert all(provider.requests() == [] for provider in simulator.providers.values())


def test_over_the_limit_in_chunks(gateway, openai_main):
    """No content-length says beforehand how much will come."""
    with raw.Connection(gateway.address) as connection:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ACME}\r\ntransfer-encoding: chunked\r\n\r\n"
        connection.socket.sendall(head.encode())
        try:
            for _ in range(14):
                connection.socket.sendall(b"100000\r\n" + b" " * 0x100000 + b"\r\n")
            connection.socket.sendall(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = connection.head()
    assert answer.status == 413
    assert openai_main.requests() == []


BROKEN = [
    b"", b"{", b"[]", b'"x"', b"null", b"{}", b'{"model":"gpt-4o"}', b'{"model":1,"messages":[]}', b'{"messages":[]}',
    b'{"model":"gpt-4o","messages":{}}', b'{"model":"gpt-4o","messages":"x"}', b'{"model":"gpt-4o","messages":[],"stream":"yes"}',
    b'{"model":"gpt-4o","messages":[]} x', b'{"model":"gpt-4o","messages":[],}', b"{'model':'gpt-4o','messages':[]}",
    b'{"model":"gpt-4o","model":"gpt-4o-mini","messages":[]}', b'{"model":"gpt-4o","messages":[{"role":"user","content":"\xff"}]}',
    b'{"model":"gpt-4o","messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"\xef\xbb\xbf{}", b"\0" * 100,
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: repr(body[:40]))
def test_malformed_bodies(gateway, simulator, body):
    answer = raw.post(gateway.address, "/v1/chat/completions", body, AUTHORIZATION)
    assert answer.status == 400, answer.body
    assert answer.json["error"]["type"] == "invalid_request_error" and answer.headers["x-should-retry"] == "false"
    answer = raw.post(gateway.address, "/v1/messages", body.replace(b"gpt-4o", b"claude-sonnet-5"), {**AUTHORIZATION, "anthropic-version": "2023-06-01"})
    assert answer.status == 400 and answer.json["error"]["type"] == "invalid_request_error", answer.body
    assert all(provider.requests() == [] for provider in simulator.providers.values())


def test_errors_do_not_quote_content(gateway):
    body = b'{"model":"gpt-4o","messages":[{"role":"user","content":"my secret zebra"}'
    answer = raw.post(gateway.address, "/v1/chat/completions", body, AUTHORIZATION)
    assert answer.status == 400 and b"zebra" not in answer.body
    assert "zebra" not in gateway.everything_logged()


def test_expect_continue(gateway, openai_main):
    """curl asks before it sends a big body, and waits for the answer."""
    body = json.dumps({"model": "endless", "messages": messages(2_000_000)}).encode()
    with raw.Connection(gateway.address, seconds=5) as connection:
        connection.send("POST", "/v1/chat/completions", {**AUTHORIZATION, "expect": "100-continue", **sim(text="read")}, length=len(body))
        assert connection.head().status == 100
        connection.socket.sendall(body)
        assert connection.read().status == 200
    assert len(openai_main.last().body) == len(body)


ZIPPED = gzip.compress(json.dumps({"model": "gpt-4o", "messages": messages(200)}).encode())


def test_compressed_requests_are_read(gateway, openai_main):
    headers = {**AUTHORIZATION, "content-encoding": "gzip"}
    assert raw.post(gateway.address, "/v1/chat/completions", ZIPPED, headers).status == 200
    assert "fox" in openai_main.last().body


@pytest.mark.parametrize("target", ["direct:openai-main", "undecided:"])
def test_compressed_requests_that_claim_a_target_are_refused(gateway, simulator, target):
    """Decoders are made for what arrives without a target; who writes one into a request gets none, and nothing passes unread."""
    headers = {"content-encoding": "gzip", "x-tollgate-pool": target, "x-tollgate-stream": "false"}
    answer = raw.post(gateway.address, "/v1/chat/completions", ZIPPED, {**AUTHORIZATION, **headers})
    assert (answer.status, answer.json["error"]["type"]) == (415, "invalid_request_error")
    assert all(provider.requests() == [] for provider in simulator.providers.values())


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
@pytest.mark.parametrize("encoding", ["deflate", "gzip, gzip", "x-gzip", "aes128gcm"])
def test_encodings_that_nobody_knows_are_named_as_the_reason(gateway, simulator, path, encoding):
    """Not as broken JSON, and not passed to a provider that might know them."""
    body = gzip.compress(gzip.compress(b"{}")) if encoding == "gzip, gzip" else zlib.compress(b"{}")
    answer = raw.post(gateway.address, path, body, {**AUTHORIZATION, "content-encoding": encoding})
    assert (answer.status, answer.json["error"]["type"]) == (415, "invalid_request_error")
    assert "content-encoding" in answer.json["error"]["message"] and answer.headers["x-should-retry"] == "false"
    assert all(provider.requests() == [] for provider in simulator.providers.values())


def test_a_body_that_is_cut_reaches_nobody(gateway, simulator):
    with raw.Connection(gateway.address) as connection:
        connection.send("POST", "/v1/chat/completions", AUTHORIZATION, b'{"model":"gpt-4o","messages":[]}', length=1000)
        connection.close()
    assert gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": messages(100)}).status == 200
    assert sum(len(provider.requests()) for provider in simulator.providers.values()) == 1
