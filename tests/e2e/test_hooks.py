"""Hooks: names that a recognizer finds never reach a provider and come back to the client; moderation blocks, annotates or logs;
a hook that fails stops exchanges or lets them pass, as configured; texts reach neither logs nor metrics."""

import json
import time

import anthropic
import openai
import pytest

from harness import hooks
from harness.hooks import EMAIL, FAILURES, MODERATION, NAME, OPEN, OTHER, PLACE, SHOWN, chat, key, logged, messages, raw_chat, redaction, responses
from harness.simulator import sim

TEXT = f"é {NAME} and {OTHER} met in {PLACE}; {NAME} wrote to {EMAIL}."
VIOLENT = "say sim-flag:violence now"

NAMES = {"hook": "names", "entities": {"PERSON": "token", "LOCATION": "placeholder"}}
POLICIES = {
    "names": {"redaction": redaction(NAMES)},
    "names-open": {"redaction": redaction({**NAMES, **OPEN})},
    "sure-names": {"redaction": redaction({**NAMES, "threshold": 0.9})},
    "answers": {"redaction": redaction(None, SHOWN)},
    "answers-open": {"redaction": redaction(None, {**SHOWN, **OPEN})},
    "blocks": {"redaction": redaction(NAMES), "moderation": {**MODERATION, "thresholds": {"violence": 0.3}}},
    "blocks-open": {"redaction": "off", "moderation": {**MODERATION, **OPEN}},
    "judges-answers": {"redaction": "off", "moderation": {**MODERATION, "request": False}},
    "annotates": {"redaction": "off", "moderation": {**MODERATION, "action": "annotate"}},
    "logs": {"redaction": "off", "moderation": {**MODERATION, "action": "log"}},
    "dry": {"redaction": "off", "moderation": {**MODERATION, "dry_run": True}},
    "cached": {"redaction": redaction(NAMES), "moderation": MODERATION, "cache": {"mode": "exact"}},
    "cached-notes": {"redaction": "off", "moderation": {**MODERATION, "action": "annotate"}, "cache": {"mode": "exact"}},
}


def edit(config):
    hooks.add(config, POLICIES)


# What a recognizer finds.


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("ask", [chat, responses, messages])
def test_names_stay_here_and_come_back(gateway, simulator, names, ask, stream):
    answer = ask(gateway, "names", TEXT, stream=stream, extra_headers=sim(delta=1, split=3))
    assert answer == TEXT.replace(PLACE, "<LOCATION>")
    seen = simulator["anthropic-main" if ask is messages else "openai-main"].last().body
    for value in (NAME, OTHER, "Ada", "Zo", PLACE, EMAIL):
        assert value not in seen
    assert "PERSON_" in seen and "<LOCATION>" in seen and "met in" in seen
    (asked,) = names.requests()
    assert asked.path == "/analyze" and asked.json["text"] == TEXT and asked.json["language"] == "en"
    assert asked.json["entities"] == ["LOCATION", "PERSON"]
    assert asked.headers["authorization"] == "Bearer sk-hook-0123456789"


def test_the_same_name_is_the_same_token_in_every_turn(gateway, openai_main):
    def seen(text):
        chat(gateway, "names", text)
        return openai_main.last().json["messages"][0]["content"]

    token = seen(NAME)
    assert seen(f"{NAME}, {NAME}!") == f"{token}, {token}!"
    assert token != seen(OTHER)


def test_tool_arguments_are_looked_into_and_stay_json(gateway, openai_main, names):
    """Names in arguments are escaped twice; the model's own calls get them back."""
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"to": [NAME, "a\\b"], "n": 1})}}
    assert "\\u" in call["function"]["arguments"]
    history = [
        {"role": "user", "content": f"write to {NAME}"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps({"sent": OTHER})},
    ]
    client = gateway.openai(key("names"))

    def ask(**options):
        return client.chat.completions.create(model="gpt-4o", messages=history, **options)

    ask()
    assert names.requests()[0].json["text"] == [f"write to {NAME}", "to", NAME, "a\\b", "n", json.dumps({"sent": OTHER})]
    received = openai_main.last().json["messages"]
    token = received[0]["content"].removeprefix("write to ")
    assert json.loads(received[1]["tool_calls"][0]["function"]["arguments"]) == {"to": [token, "a\\b"], "n": 1}
    assert OTHER not in received[2]["content"]

    headers = sim(tool="send", arguments=json.dumps({"to": token}), delta=1)
    plain = ask(extra_headers=headers).choices[0].message.tool_calls[0].function.arguments
    chunks = ask(stream=True, extra_headers=headers)
    calls = [call for chunk in chunks for choice in chunk.choices for call in choice.delta.tool_calls or []]
    streamed = "".join(call.function.arguments or "" for call in calls)
    assert json.loads(plain) == json.loads(streamed) == {"to": NAME}


def test_scores_and_names_that_were_not_asked_for(gateway, openai_main, names):
    assert NAME in chat(gateway, "sure-names", TEXT)
    assert NAME in openai_main.last().body and EMAIL not in openai_main.last().body
    names.script(score=0.4)
    chat(gateway, "names", TEXT)
    assert NAME in openai_main.last().body, "the hook is not sure enough"


def test_names_that_a_provider_brings_up(gateway, names):
    said = sim(text=f"Ask {OTHER} in {PLACE}.")
    for ask in (chat, responses, messages):
        assert ask(gateway, "answers", "who?", extra_headers=said) == "Ask <PERSON> in ******tu."
    assert [request.json["text"] for request in names.requests()] == [f"Ask {OTHER} in {PLACE}."] * 3


# What a moderator says.


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_requests_are_blocked(gateway, simulator, moderator, stream):
    with pytest.raises(openai.PermissionDeniedError) as caught:
        chat(gateway, "blocks", VIOLENT, stream=stream)
    assert caught.value.code == "content_blocked" and "violence" in caught.value.message
    assert caught.value.response.headers["x-should-retry"] == "false"
    with pytest.raises(anthropic.PermissionDeniedError) as caught:
        messages(gateway, "blocks", VIOLENT, stream=stream)
    assert "violence" in caught.value.message and "sim-flag" not in caught.value.message
    assert len(moderator.requests()) == 2, "nobody retried"
    assert simulator["openai-main"].requests() == simulator["anthropic-main"].requests() == []


def test_answers_are_blocked(gateway, simulator, moderator):
    said = sim(text="sim-flag:hate/threatening")
    with pytest.raises(openai.PermissionDeniedError) as caught:
        chat(gateway, "judges-answers", "hello", extra_headers=said)
    assert "hate/threatening" in caught.value.message and "sim-flag" not in caught.value.response.text
    with pytest.raises(anthropic.PermissionDeniedError):
        messages(gateway, "judges-answers", "hello", extra_headers=said)
    assert len(simulator["openai-main"].requests()) == len(simulator["anthropic-main"].requests()) == 1
    assert [request.json["input"] for request in moderator.requests()] == [["sim-flag:hate/threatening"]] * 2


def test_a_blocked_answer_is_paid_for(gateway):
    tokens = {"tenant": "judges-answers", "direction": "output"}
    refused = {"tenant": "judges-answers", "outcome": "refused"}
    before = gateway.metric("tollgate_tokens_total", **tokens)
    before_refused = gateway.metric("tollgate_requests_total", **refused)
    answer = raw_chat(gateway, "judges-answers", "hello", sim(text="sim-flag:hate", completion_tokens=7))
    assert answer.status == 403 and "hate" in answer.json["error"]["message"]
    gateway.wait_for(lambda: gateway.metric("tollgate_tokens_total", **tokens) == before + 7)
    gateway.wait_for(lambda: gateway.metric("tollgate_requests_total", **refused) == before_refused + 1)


def test_moderators_see_what_redaction_leaves(gateway, moderator):
    assert chat(gateway, "blocks", TEXT) == TEXT.replace(PLACE, "<LOCATION>")
    request, answer = (call.json["input"][0] for call in moderator.requests())
    for text in (request, answer):
        assert "PERSON_" in text and "<LOCATION>" in text
        assert not any(value in text for value in (NAME, OTHER, EMAIL))


@pytest.mark.parametrize("flag, blocked", [("violence=0.3", True), ("violence=0.2", False), ("hate=0.4", False), ("hate=0.6", True)])
def test_thresholds(gateway, flag, blocked):
    assert (raw_chat(gateway, "blocks", f"sim-flag:{flag}").status == 403) == blocked


def test_annotations(gateway, openai_main):
    answer = raw_chat(gateway, "annotates", VIOLENT, sim(text="sim-flag:hate sim-flag:sexual=0.95"))
    assert answer.status == 200
    assert answer.headers["x-tollgate-moderation"] == "request=violence; answer=sexual,hate"
    assert raw_chat(gateway, "annotates", VIOLENT, sim(text="ok")).headers["x-tollgate-moderation"] == "request=violence"
    assert "x-tollgate-moderation" not in raw_chat(gateway, "annotates", "hello").headers
    assert "x-tollgate-moderation" not in openai_main.last().headers
    # A stream's headers have left before anybody knows what it says; that goes into the log.
    answer = raw_chat(gateway, "annotates", VIOLENT, sim(text="sim-flag:self-harm"), stream=True)
    assert answer.headers["x-tollgate-moderation"] == "request=violence"
    gateway.wait_for(lambda: logged(gateway, tenant="annotates", categories="self-harm", direction="answer", action="annotate"))


@pytest.mark.parametrize("policy, action, dry_run", [("logs", "log", False), ("dry", "block", True)])
def test_what_is_only_reported(gateway, policy, action, dry_run):
    for stream in (False, True):
        answer = raw_chat(gateway, policy, VIOLENT, sim(text="sim-flag:hate"), stream=stream)
        assert answer.status == 200 and "x-tollgate-moderation" not in answer.headers
    lines = gateway.wait_for(lambda: (found := logged(gateway, tenant=policy)) and len(found) == 4 and found)
    assert sorted((line["direction"], line["categories"]) for line in lines) == [("answer", "hate")] * 2 + [("request", "violence")] * 2
    assert all((line["action"], line["dry_run"], line["hook"]) == (action, dry_run, "moderator") for line in lines)
    assert all(line["request_id"] for line in lines)


# Hooks that fail.


@pytest.mark.parametrize("script, result", FAILURES, ids=[result for _, result in FAILURES])
def test_a_recognizer_that_fails(gateway, openai_main, names, script, result):
    names.script(**script)
    before = gateway.metric("tollgate_hook_calls_total", hook="names", result=result)
    with pytest.raises(openai.InternalServerError) as caught:
        chat(gateway, "names", TEXT, max_retries=0)
    assert caught.value.status_code == 503 and caught.value.code == "hook_unavailable"
    with pytest.raises(openai.InternalServerError):
        chat(gateway, "answers", "hello", max_retries=0)
    assert len(openai_main.requests()) == 1, "of the request that was not shown to it nothing left"
    assert chat(gateway, "names-open", TEXT) == TEXT
    assert EMAIL not in openai_main.last().body, "the engine goes on alone"
    assert chat(gateway, "answers-open", "hello", extra_headers=sim(text=OTHER)) == OTHER
    assert gateway.metric("tollgate_hook_calls_total", hook="names", result=result) == before + 4
    assert gateway.metric("tollgate_hook_duration_seconds_count", hook="names") >= before + 4


@pytest.mark.parametrize("script, result", FAILURES, ids=[result for _, result in FAILURES])
def test_a_moderator_that_fails(gateway, openai_main, moderator, script, result):
    moderator.script(**script)
    before = gateway.metric("tollgate_hook_calls_total", hook="moderator", result=result)
    with pytest.raises(openai.InternalServerError) as caught:
        chat(gateway, "blocks", "hello", max_retries=0)
    assert caught.value.status_code == 503 and caught.value.code == "hook_unavailable"
    assert openai_main.requests() == []
    answer = raw_chat(gateway, "judges-answers", "hello", sim(text="secret plan"))
    assert answer.status == 503 and "secret plan" not in answer.text
    assert chat(gateway, "blocks-open", "hello") == "hello"
    assert chat(gateway, "dry", "hello") == "hello", "who only reports stops nothing"
    assert gateway.metric("tollgate_hook_calls_total", hook="moderator", result=result) == before + 6


def test_hooks_may_take_longer_than_the_service_usually_may(start_gateway, names, moderator):
    """Envoy is asked for patience, for requests and for answers."""

    def slow(config):
        edit(config)
        hooks.give_time(config)

    gateway = start_gateway(slow)
    names.script(delay_ms=700)
    moderator.script(delay_ms=700)
    began = time.monotonic()
    assert chat(gateway, "blocks", TEXT, max_retries=0) == TEXT.replace(PLACE, "<LOCATION>")
    assert time.monotonic() - began > 2, "three calls"


# What else there is.


def test_the_cache_comes_after_hooks(gateway, openai_main, names, moderator):
    text = f"cached: {NAME}"
    first, second = raw_chat(gateway, "cached", text), raw_chat(gateway, "cached", text)
    assert (first.headers["x-tollgate-cache"], second.headers["x-tollgate-cache"]) == ("miss", "exact")
    assert second.json["choices"][0]["message"]["content"] == text
    assert len(names.requests()) == 2 and len(moderator.requests()) == 3, "a stored answer was judged before"
    moderator.script(status=500)
    assert raw_chat(gateway, "cached", text).status == 503
    assert len(openai_main.requests()) == 1


def test_answers_that_do_not_pass_are_not_stored(gateway, openai_main):
    said = sim(text="sim-flag:hate")
    for stream, status in ((False, 403), (True, 200)):
        for _ in range(2):
            assert raw_chat(gateway, "cached", "never stored", said, stream=stream).status == status
    assert len(openai_main.requests()) == 4


def test_a_hit_is_annotated(gateway):
    for state in ("miss", "exact"):
        answer = raw_chat(gateway, "cached-notes", f"{VIOLENT} again", sim(text="ok"))
        assert answer.headers["x-tollgate-cache"] == state
        assert answer.headers["x-tollgate-moderation"] == "request=violence"


def test_policies_without_hooks_ask_nobody(gateway, oai, names, moderator):
    oai.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": VIOLENT}])
    assert names.requests() == moderator.requests() == []


def test_neither_texts_nor_secrets_are_told(gateway):
    """After all of the above."""
    metrics = "\n".join(gateway.metrics())
    told = gateway.everything_logged() + metrics
    for secret in (NAME, "Lovelace", "Timbuktu", EMAIL, "sim-flag", "secret plan", "sk-hook", "never stored"):
        assert secret not in told
    assert 'tollgate_hook_calls_total{hook="moderator",result="flagged"}' in metrics
    assert any(line["hook"] == "names" for line in gateway.logs() if line.get("result") == "timeout")
