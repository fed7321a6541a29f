"""Hooks on streamed answers: names are found and texts judged before they go out, window by window, in every dialect; a flag ends the
stream before what was flagged; a hook that is slow or fails does what its policy says."""

import json
import time

import anthropic
import openai
import pytest

from harness import hooks
from harness.hooks import EMAIL, FAILURES, MODERATION, NAME, OPEN, OTHER, PLACE, SHOWN, chat, key, logged, messages, raw_chat, redaction, responses
from harness.simulator import sim

JUDGES = {**MODERATION, "request": False}
POLICIES = {
    "answers": {"redaction": redaction(None, SHOWN)},
    "answers-open": {"redaction": redaction(None, {**SHOWN, **OPEN})},
    "judges": {"redaction": "off", "moderation": JUDGES},
    "judges-open": {"redaction": "off", "moderation": {**JUDGES, **OPEN}},
    "judges-late": {"redaction": redaction(), "moderation": {**JUDGES, "stream": "end"}},
    "both": {"redaction": redaction({"hook": "names", "entities": {"PERSON": "token"}}, SHOWN), "moderation": JUDGES},
    "cached": {"redaction": "off", "moderation": JUDGES, "cache": {"mode": "exact"}},
    "cached-names": {"redaction": redaction(None, SHOWN), "cache": {"mode": "exact"}},
    "annotates": {"redaction": redaction(None, SHOWN), "moderation": {**JUDGES, "action": "annotate"}},
}

ASK = [chat, responses, messages]
PLAIN = "A sentence that says nothing of interest. "
# More than three windows; names at their ends, across them and in between.
LONG = "".join(f"{PLAIN * count}Then {OTHER} met {NAME}: in {PLACE}, or not. " for count in (4, 5, 6, 9, 23))
HIDDEN = LONG.replace(OTHER, "<PERSON>").replace(NAME, "<PERSON>").replace(PLACE, "******tu")


def edit(config):
    hooks.add(config, POLICIES)


def received(gateway, policy, ask, said):
    """What a client has of a stream that ends with an error, and the error."""
    got = []
    with pytest.raises((openai.APIError, anthropic.APIError)) as caught:
        if ask is messages:
            client = gateway.anthropic(key(policy))
            with client.messages.stream(model="claude-sonnet-5", max_tokens=99, messages=[{"role": "user", "content": "?"}], extra_headers=said) as events:
                got.extend(events.text_stream)
        elif ask is responses:
            events = gateway.openai(key(policy)).responses.create(model="gpt-4o", input="?", stream=True, extra_headers=said)
            got.extend(event.delta for event in events if event.type == "response.output_text.delta")
        else:
            ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "?"}], "stream": True, "extra_headers": said}
            chunks = gateway.openai(key(policy)).chat.completions.create(**ask)
            for chunk in chunks:
                got.extend(choice.delta.content or "" for choice in chunk.choices)
    return "".join(got), caught.value


@pytest.mark.parametrize("options", [{"delta": 20, "chunk_ms": 5}, {"delta": 2, "split": 90}, {"delta": 5000}], ids=str)
@pytest.mark.parametrize("ask", ASK)
def test_names_in_streams(gateway, names, ask, options):
    assert ask(gateway, "answers", "who?", stream=True, extra_headers=sim(text=LONG, **options)) == HIDDEN
    shown = [text for call in names.requests() for text in ([call.json["text"]] if isinstance(call.json["text"], str) else call.json["text"])]
    assert len(shown) > 3 and all(len(text) < 1500 for text in shown)
    if "chunk_ms" in options:
        assert len(names.requests()) > 3, "it did not wait for the end"


def test_streams_and_whole_answers_are_the_same(gateway):
    for text in (f"{NAME}.", f"{OTHER}, {EMAIL}, {PLACE}", " ", f"{PLAIN}\n\n{NAME}", "字" * 500 + NAME + "字" * 500):
        for ask in ASK:
            plain, streamed = (ask(gateway, "both", "who?", stream=stream, extra_headers=sim(text=text, delta=2)) for stream in (False, True))
            assert plain == streamed and NAME not in streamed


@pytest.mark.parametrize("ask", ASK)
def test_nothing_of_a_name_is_in_a_stream(gateway, ask):
    """In `/v1/responses` texts come again when they are done."""
    path = {chat: "chat/completions", responses: "responses", messages: "messages"}[ask]
    question = {"input": "?"} if ask is responses else {"messages": [{"role": "user", "content": "?"}], "max_tokens": 99}
    model = "claude-sonnet-5" if ask is messages else "gpt-4o"
    headers = {**sim(text=LONG, delta=4), "anthropic-version": "2023-06-01"}
    answer = gateway.post(f"/v1/{path}", {"model": model, "stream": True, **question}, headers, key("both"))
    assert answer.status == 200 and "<PERSON>" in answer.text
    for part in ("Ada", "Lovelace", "Zo\\u00eb", "Zoë", "rsted", "Timb"):
        assert part not in answer.text


def test_what_a_client_said_comes_back(gateway, moderator):
    text = f"{PLAIN * 7}{NAME} again."
    assert chat(gateway, "both", text, stream=True, extra_headers=sim(delta=3)) == text
    judged = [part for call in moderator.requests() for part in call.json["input"]]
    assert len(judged) > 1 and not any(NAME in part for part in judged) and "PERSON_" in judged[-1]


@pytest.mark.parametrize("policy", ["both", "judges"])
def test_arguments_of_tools_are_whole_json(gateway, policy):
    said = {"to": [NAME, "a\\b"], "text": PLAIN * 30, "n": 1}
    client = gateway.openai(key(policy))
    ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "?"}], "stream": True}
    chunks = client.chat.completions.create(**ask, extra_headers=sim(tool="send", arguments=json.dumps(said), delta=3))
    calls = [call for chunk in chunks for choice in chunk.choices for call in choice.delta.tool_calls or []]
    got = json.loads("".join(call.function.arguments or "" for call in calls))
    assert got == {**said, "to": ["<PERSON>" if policy == "both" else NAME, "a\\b"]}


# What a moderator says of a stream.


@pytest.mark.parametrize("ask", ASK)
def test_a_flagged_stream_ends_before_what_is_flagged(gateway, moderator, ask):
    fine = PLAIN * 12
    refused = gateway.metric("tollgate_requests_total", tenant="judges", outcome="refused")
    said = sim(text=f"{fine}Now sim-flag:violence comes. {PLAIN * 40}", delta=9, chunk_ms=4)
    got, error = received(gateway, "judges", ask, said)
    assert "violence" in str(error) and "sim-flag" not in got and fine.startswith(got) and len(got) > 200
    windows = [part for call in moderator.requests() for part in call.json["input"]]
    assert 2 <= len(windows) < 8, "nobody is asked about the rest"
    assert logged(gateway, tenant="judges", direction="answer", action="block")
    gateway.wait_for(lambda: gateway.metric("tollgate_requests_total", tenant="judges", outcome="refused") == refused + 1)


def test_text_goes_out_window_by_window(gateway):
    """Half of it is there long before the rest has been said."""
    began, first = time.monotonic(), None
    ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "?"}], "stream": True}
    said = sim(text=PLAIN * 20, delta=20, chunk_ms=30)
    for chunk in gateway.openai(key("judges")).chat.completions.create(**ask, extra_headers=said):
        if first is None and any(choice.delta.content for choice in chunk.choices):
            first = time.monotonic() - began
    assert first < (time.monotonic() - began) * 0.6


def test_what_is_harmless_in_two_halves(gateway, moderator):
    """The end of a window is shown again with the next one."""
    chat(gateway, "judges", "?", stream=True, extra_headers=sim(text=PLAIN * 30, delta=9))
    windows = [part for call in moderator.requests() for part in call.json["input"]]
    assert len(windows) > 3
    assert all(later.startswith(before[-200:][: len(PLAIN)]) or before[-len(PLAIN) :] in later for before, later in zip(windows, windows[1:]))


def test_a_stream_that_is_only_reported_leaves_as_it_comes(gateway, moderator):
    answer = chat(gateway, "judges-late", "hello", stream=True, extra_headers=sim(text=f"sim-flag:violence {EMAIL}", delta=1))
    assert answer == "sim-flag:violence <EMAIL_ADDRESS>"
    (line,) = gateway.wait_for(lambda: logged(gateway, tenant="judges-late", direction="answer"))
    assert line["categories"] == "violence"
    assert moderator.last().json["input"] == ["sim-flag:violence <EMAIL_ADDRESS>"]
    assert chat(gateway, "annotates", "?", stream=True, extra_headers=sim(text=f"sim-flag:hate by {NAME}", delta=1)) == "sim-flag:hate by <PERSON>"
    gateway.wait_for(lambda: logged(gateway, tenant="annotates", categories="hate", action="annotate"))
    assert moderator.last().json["input"] == ["sim-flag:hate by <PERSON>"], "nor does it see what was found later"


# Hooks that fail.


@pytest.mark.parametrize("script, result", FAILURES, ids=[result for _, result in FAILURES])
@pytest.mark.parametrize("policy, hook", [("answers", "names"), ("judges", "moderator")])
def test_a_hook_that_fails(gateway, simulator, policy, hook, script, result):
    simulator[hook].script(**script)
    before = gateway.metric("tollgate_hook_calls_total", hook=hook, result=result)
    said = sim(text=f"{PLAIN * 30}{EMAIL}", delta=9)
    for ask in ASK:
        got, error = received(gateway, policy, ask, said)
        assert got == "" and "cannot be checked" in str(error)
    assert chat(gateway, f"{policy}-open", "?", stream=True, extra_headers=said).startswith(PLAIN * 30)
    assert gateway.metric("tollgate_hook_calls_total", hook=hook, result=result) == before + 4, "once for each stream"


def test_hooks_may_be_slower_than_messages(start_gateway, names, moderator):
    """Envoy waits two seconds for a message unless told otherwise; here much less than a hook takes."""

    def slow(config):
        edit(config)
        hooks.give_time(config)

    gateway = start_gateway(slow)
    names.script(delay_ms=700)
    moderator.script(delay_ms=700)
    # Compressed streams come from a decoder in the lane, which adds trailers.
    for options in ({"delta": 30, "chunk_ms": 5}, {"delta": 5000}, {"delta": 30, "encoding": "gzip"}, {"delta": 5000, "encoding": "zstd"}):
        text = f"{PLAIN * 12}{NAME}. {PLAIN * 8}"
        got = chat(gateway, "both", "?", stream=True, max_retries=0, extra_headers=sim(text=text, **options))
        assert got == text.replace(NAME, "<PERSON>")
    got, error = received(gateway, "judges", chat, sim(text=f"{PLAIN * 12}sim-flag:hate. {PLAIN * 9}", delta=30))
    assert "hate" in str(error) and "sim-flag" not in got


# What else there is.


def test_judged_streams_are_stored(gateway, simulator):
    """The head of a miss leaves before anybody knows."""

    def hit(policy, text, said):
        return raw_chat(gateway, policy, text, sim(text=said), stream=True).headers.get("x-tollgate-cache") == "exact"

    assert [hit("cached", "judged stream", PLAIN * 20) for _ in range(2)] == [False, True]
    assert [hit("cached", "flagged stream", f"{PLAIN * 20}sim-flag:hate") for _ in range(2)] == [False, False]
    assert [hit("cached-names", "named stream", NAME) for _ in range(2)] == [False, False]
    assert len(simulator["openai-main"].requests()) == 5


def test_nothing_waits_when_all_is_over(gateway):
    """After all of the above."""
    gateway.wait_for(lambda: gateway.metric("tollgate_stream_waiting_bytes") == 0)
    told = gateway.everything_logged() + "\n".join(gateway.metrics())
    for secret in (NAME, "Lovelace", "Timbuktu", EMAIL, "sim-flag"):
        assert secret not in told
