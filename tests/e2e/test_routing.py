"""router.wasm: who answers is decided by headers, path, model, tenant and token count; prompts are counted inside Envoy."""

import openai
import pytest

from harness import raw
from harness.config import ACME, GLOBEX

HELLO = [{"role": "user", "content": "hello world"}]


def edit(config):
    config["routes"] = [
        {"name": "regex", "match": {"headers": {"x-team": {"regex": "search-(eu|us)"}}}, "pool": "backup"},
        {"name": "prefix", "match": {"headers": {"x-plan": {"prefix": "gold"}}}, "pool": "backup"},
        {"name": "present", "match": {"headers": {"x-canary": {"present": True}}}, "pool": "backup"},
        {"name": "path", "match": {"path": "/v1/embeddings", "headers": {"x-side": "b"}}, "pool": "backup"},
        {"name": "globex", "match": {"tenant": "globex"}, "pool": "backup"},
        {"name": "long", "match": {"prompt_tokens": {"min": 500}}, "pool": "backup"},
        {"name": "claude", "match": {"model": "claude-*"}, "pool": "anthropic"},
        {"name": "default", "pool": "openai"},
    ]
    # What the two pools call the models.
    for model in config["models"]:
        if "openai-main" in model["providers"]:
            model["providers"]["openai-backup"] = model["providers"]["openai-main"]


def body(**more):
    return {"model": "gpt-4o", "messages": HELLO, **more}


@pytest.mark.parametrize(
    "headers, more, key, to",
    [
        ({}, {}, ACME, "openai-main"),
        ({"x-team": "search-eu"}, {}, ACME, "openai-backup"),
        ({"x-team": "search-europe"}, {}, ACME, "openai-main"),
        ({"x-plan": "golden"}, {}, ACME, "openai-backup"),
        ({"x-plan": "silver"}, {}, ACME, "openai-main"),
        ({"x-canary": ""}, {}, ACME, "openai-backup"),
        ({}, {}, GLOBEX, "openai-backup"),
        ({}, {"messages": [{"role": "user", "content": "hello " * 600}]}, ACME, "openai-backup"),
        ({}, {"messages": [{"role": "user", "content": "hello " * 300}]}, ACME, "openai-main"),
        ({}, {"messages": [{"role": "user", "content": [{"type": "text", "text": "hello " * 600}]}]}, ACME, "openai-backup"),
        ({}, {"model": "claude-sonnet-5"}, ACME, "anthropic-main"),
    ],
)
def test_conditions(gateway, simulator, headers, more, key, to):
    answer = gateway.post("/v1/chat/completions", body(**more), headers, key)
    assert answer.status == 200, answer.body
    assert {name: len(provider.requests()) for name, provider in simulator.providers.items()} == {
        name: int(name == to) for name in simulator.providers
    }


def test_path_condition(gateway, openai_main, openai_backup):
    request = {"model": "text-embedding-3-small", "input": "x"}
    assert gateway.post("/v1/embeddings", request, {"x-side": "b"}).status == 200
    assert gateway.post("/v1/chat/completions", body(), {"x-side": "b"}).status == 200
    assert [len(openai_backup.requests()), len(openai_main.requests())] == [1, 1]


def test_providers_get_their_model_name_and_credential_and_nothing_of_ours(gateway, openai_main):
    gateway.post("/v1/chat/completions", body(), {"x-tollgate-pool": "backup", "x-tollgate-facts": "{}", "x-mine": "kept"})
    received = openai_main.last()
    assert received.json == body(model="gpt-4o-2024-11-20")
    assert received.headers["authorization"] == "Bearer sk-provider-openai-main"
    assert received.headers["x-mine"] == "kept"
    assert received.headers["host"] == openai_main.address
    assert not [name for name in received.headers if name.startswith("x-tollgate")]
    assert ACME not in str(received.headers)


def test_bytes_that_nobody_edits_leave_as_they_came(gateway, openai_main):
    text = b'{ "messages" : [ {"role":"user", "content":"h\\u00e9llo \\/ 1e2"} ],\n\t"temperature": 1.0e0, "model":"gpt-4o" }'
    assert gateway.post("/v1/chat/completions", text).status == 200
    assert openai_main.last().body.encode() == text.replace(b'"gpt-4o"', b'"gpt-4o-2024-11-20"')


def test_prompts_are_counted_and_shown_in_envoys_stats(start_gateway):
    gateway = start_gateway(edit)  # of its own, so that its counters begin at zero

    def stats():
        return {name.rsplit(".", 1)[1]: value for name, value in gateway.envoy_stats("tollgate.model.gpt-4o.pool.openai").items()}

    request = body(max_tokens=50)
    gateway.post("/v1/chat/completions", request, {"x-sim": "prompt_tokens=11;completion_tokens=13"})
    gateway.post("/v1/chat/completions", {**request, "stream": True}, {"x-sim": "prompt_tokens=11;completion_tokens=13"})

    # "hello world" is two tokens, the role one, the message three, priming the answer three.
    wanted = {"requests": 2, "prompt_tokens": 18, "input_tokens": 22, "output_tokens": 26}
    gateway.wait_for(lambda: stats() == wanted)


def test_over_the_context_window(gateway, openai_main):
    client = gateway.openai()
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "hello " * 1100}])
    assert caught.value.code == "context_length_exceeded"
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, max_tokens=1000)
    assert openai_main.requests() == []


def test_what_is_not_configured_is_not_found(gateway, simulator):
    client = gateway.openai()
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-9", messages=HELLO)
    assert caught.value.code == "model_not_found"
    # No provider of the pool can serve this model on this path.
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="claude-sonnet-5", input="x")
    for answer in (gateway.post("/v1/fine_tuning/jobs", {}), raw.get(gateway.address, "/v1/nothing")):
        assert answer.status == 404 and answer.json["error"]["message"]
    answer = gateway.post("/v1/messages/batches", {})
    assert answer.status == 404 and answer.json["type"] == "error"
    assert all(provider.requests() == [] for provider in simulator.providers.values())


def test_routes_for_one_tenant_only(start_gateway, openai_backup):
    """Without a route for everybody, the tenant that is named gets through and others are told that there is nothing."""

    def only_globex(config):
        config["routes"] = [{"name": "globex", "match": {"tenant": "globex"}, "pool": "backup"}]

    gateway = start_gateway(only_globex)
    for stream in (False, True):
        assert gateway.post("/v1/chat/completions", body(stream=stream), key=GLOBEX).status == 200
        answer = gateway.post("/v1/chat/completions", body(stream=stream), key=ACME)
        assert answer.status == 404 and answer.headers["x-should-retry"] == "false"
    assert len(openai_backup.requests()) == 2


def test_query_strings_do_not_matter(gateway, anthropic_main):
    request = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": HELLO}
    answer = gateway.post("/v1/messages?beta=true", request, {"anthropic-version": "2023-06-01"})
    assert answer.status == 200 and anthropic_main.last().path.startswith("/v1/messages")
