"""When the first provider of a pool fails, the next one answers; weights split traffic. All by Envoy's own retries."""

import time
from collections import Counter

import pytest

from harness.process import free_port
from harness.simulator import sim

HELLO = [{"role": "user", "content": "hello"}]


def edit(config):
    config["pools"] += [
        {
            "name": "split",
            "strategy": "weighted",
            "providers": [{"name": "openai-main", "weight": 3}, {"name": "openai-backup", "weight": 1}],
        },
        {"name": "dead", "strategy": "ordered", "providers": ["nowhere", "openai-backup"]},
        {"name": "all-dead", "strategy": "ordered", "providers": ["nowhere"]},
        {"name": "three", "strategy": "ordered", "providers": ["openai-main", "openai-backup", "anthropic-main"]},
    ]
    config["providers"].append(
        {"name": "nowhere", "dialect": "openai", "url": f"http://127.0.0.1:{free_port()}", "connect_timeout": "1s", "first_byte_timeout": "2s"}
    )
    for model in config["models"]:
        if "openai-main" in model["providers"]:
            model["providers"]["nowhere"] = "whatever"
    for pool in ("split", "dead", "all-dead", "three"):
        config["routes"].insert(0, {"name": f"to-{pool}", "match": {"headers": {"x-pool": pool}}, "pool": pool})
    config["models"].append(
        {"name": "endless", "encoding": "estimate", "price": "free", "providers": {"openai-main": "endless", "openai-backup": "endless"}}
    )
    for provider in config["providers"]:
        provider["first_byte_timeout"] = "1s"


def chat(gateway, pool, headers=None, **body):
    return gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO, **body}, {"x-pool": pool, **(headers or {})})


@pytest.fixture
def recovered(gateway):
    """The module's gateway after its outlier detection has forgotten: a failed host must be tried again in the next test."""
    gateway.wait_for(lambda: not any(gateway.envoy_stats("outlier_detection.ejections_active").values()), seconds=60)
    return gateway


FAILURES = [{"status": 429}, {"status": 500}, {"status": 503}, {"reset": True}, {"close": True}, {"hang": True}]


@pytest.mark.parametrize("failure", FAILURES, ids=str)
@pytest.mark.parametrize("stream", [False, True])
def test_the_next_provider_answers(recovered, openai_main, openai_backup, failure, stream):
    gateway = recovered
    answer = chat(gateway, "failover", sim(_for="openai-main", **failure), stream=stream)
    assert answer.status == 200, answer.body
    assert (len(openai_main.requests()), len(openai_backup.requests())) == (1, 1)
    assert openai_backup.last().json == openai_main.last().json
    assert openai_backup.last().headers["authorization"] == "Bearer sk-provider-openai-backup"


@pytest.mark.parametrize("failure", [{"status": 400}, {"status": 401}, {"status": 404}], ids=str)
def test_the_clients_own_faults_are_not_retried(gateway, openai_backup, failure):
    answer = chat(gateway, "failover", sim(_for="openai-main", **failure))
    assert answer.status == failure["status"]
    assert openai_backup.requests() == []


@pytest.mark.parametrize("failure", FAILURES, ids=str)
@pytest.mark.parametrize("stream", [False, True])
def test_another_dialect_takes_over(recovered, anthropic_main, openai_main, failure, stream):
    """Each attempt starts from the client's request: the second lane translates it."""
    gateway = recovered
    answer = chat(gateway, "mixed", sim(_for="openai-main", **failure), stream=stream)
    assert answer.status == 200, answer.body
    received = anthropic_main.last()
    assert received.path == "/v1/messages" and received.json["model"] == "claude-sonnet-5"
    assert received.headers["x-api-key"] == "sk-provider-anthropic-main"
    assert "sk-provider-openai-main" not in str(received.headers)
    if stream:
        assert answer.events()[-1] == "[DONE]"
    else:
        assert answer.json["choices"][0]["message"]["content"] == "hello"


def test_a_provider_that_nobody_listens_for(recovered, openai_backup):
    start = time.monotonic()
    assert chat(recovered, "dead").status == 200
    assert len(openai_backup.requests()) == 1
    assert time.monotonic() - start < 3


def test_three_in_a_row(recovered, simulator):
    headers = {**sim(_for="openai-main", status=503), **sim(_for="openai-backup", status=429)}
    assert chat(recovered, "three", headers).status == 200
    assert [len(simulator[name].requests()) for name in ("openai-main", "openai-backup", "anthropic-main")] == [1, 1, 1]


def test_when_all_fail_the_last_error_is_the_answer(recovered, gateway):
    answer = chat(gateway, "failover", sim(status=503, message="both are down"))
    assert answer.status == 503 and answer.json["error"]["message"] == "both are down"
    answer = chat(gateway, "all-dead")
    assert answer.status in (502, 503) and answer.json["error"]["message"]


def test_no_answer_in_time_is_a_504_or_503_in_the_clients_dialect(recovered, gateway):
    answer = chat(gateway, "openai", sim(hang=True))
    assert answer.status in (503, 504) and answer.json["error"]["message"]
    request = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": HELLO}
    answer = gateway.post("/v1/messages", request, {"anthropic-version": "2023-06-01", **sim(hang=True)})
    assert answer.status in (503, 504) and answer.json["type"] == "error"


def test_a_stream_that_breaks_after_it_began_is_not_started_again(recovered, openai_backup):
    answer = chat(recovered, "failover", sim(_for="openai-main", close_after=400), stream=True)
    assert openai_backup.requests() == []
    assert answer.cut or b"error" in answer.body


def test_big_bodies_are_replayed_too(recovered, openai_main, openai_backup):
    """The retry buffer holds what a listener takes."""
    messages = [{"role": "user", "content": "x " * 2_000_000}]
    headers = {"x-pool": "failover", **sim(_for="openai-main", status=503)}
    answer = recovered.post("/v1/chat/completions", {"model": "endless", "messages": messages}, headers)
    assert answer.status == 200, answer.body[:300]
    assert len(openai_backup.last().body) == len(openai_main.last().body) > 4_000_000


def test_weights(recovered, simulator):
    for _ in range(80):
        assert chat(recovered, "split").status == 200
    counts = Counter({name: len(simulator[name].requests()) for name in ("openai-main", "openai-backup")})
    assert counts.total() == 80 and 45 <= counts["openai-main"] <= 73, counts
