"""Unmodified SDKs through the gateway, plain and streamed, on every endpoint; provider errors are the SDK's exceptions."""

import json

import anthropic
import openai
import pytest

from harness.simulator import sim

HELLO = [{"role": "user", "content": "héllo wörld 😀"}]
ARRAY = [
    {"role": "developer", "content": [{"type": "text", "text": "be brief"}]},
    {"role": "user", "content": [{"type": "text", "text": "héllo "}, {"type": "text", "text": "wörld 😀"}]},
]
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]
CALL = sim(tool="weather", arguments='{"city":"Zürich"}', delta=2)


def test_chat(oai):
    for messages in (HELLO, ARRAY):
        answer = oai.chat.completions.create(model="gpt-4o", messages=messages)
        assert answer.choices[0].message.content == "héllo wörld 😀"
        assert answer.usage.total_tokens > 0
        streamed = oai.chat.completions.create(model="gpt-4o", messages=messages, stream=True, n=2)
        texts = ["", ""]
        for chunk in streamed:
            for choice in chunk.choices:
                texts[choice.index] += choice.delta.content or ""
        assert texts == ["héllo wörld 😀"] * 2


def test_chat_tools(oai, openai_main):
    answer = oai.chat.completions.create(model="gpt-4o", messages=HELLO, tools=TOOLS, extra_headers=CALL)
    call = answer.choices[0].message.tool_calls[0]
    assert json.loads(call.function.arguments) == {"city": "Zürich"}
    with oai.chat.completions.stream(model="gpt-4o", messages=HELLO, tools=TOOLS, extra_headers=CALL) as stream:
        streamed = stream.get_final_completion()
    assert streamed.choices[0].message.tool_calls[0].function.arguments == '{"city":"Zürich"}'
    turn = [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "content": [{"type": "text", "text": "rain"}]},
        {"role": "user", "content": "and now?"},
    ]
    assert oai.chat.completions.create(model="gpt-4o", messages=turn, tools=TOOLS).choices[0].message.content == "and now?"
    assert openai_main.last().json["messages"] == turn


def test_completions_embeddings_responses(oai):
    completion = oai.completions.create(model="gpt-3.5-turbo-instruct", prompt="say")
    assert completion.choices[0].text == "say"
    chunks = oai.completions.create(model="gpt-3.5-turbo-instruct", prompt="say it again", stream=True)
    assert "".join(chunk.choices[0].text for chunk in chunks) == "say it again"
    assert len(oai.embeddings.create(model="text-embedding-3-small", input=["a", "b"], dimensions=16).data[1].embedding) == 16
    assert oai.embeddings.create(model="text-embedding-3-small", input=[[1, 2, 3]]).data[0].embedding
    assert oai.responses.create(model="gpt-4o", input="héllo").output_text == "héllo"
    with oai.responses.stream(model="gpt-4o", input=HELLO, extra_headers=sim(tool="weather", arguments="{}", text="hm")) as stream:
        final = stream.get_final_response()
    assert final.output_text == "hm" and final.output[1].name == "weather"


def test_messages(ant, anthropic_main):
    blocks = [{"role": "user", "content": [{"type": "text", "text": "héllo "}, {"type": "text", "text": "wörld 😀"}]}]
    for messages in (HELLO, blocks):
        answer = ant.messages.create(model="claude-sonnet-5", max_tokens=99, messages=messages, system="be brief")
        assert answer.content[0].text == "héllo wörld 😀"
        with ant.messages.stream(model="claude-sonnet-5", max_tokens=99, messages=messages) as stream:
            assert stream.get_final_text() == "héllo wörld 😀"
    received = anthropic_main.last()
    assert received.headers["anthropic-version"] >= "2023-06-01"


def test_messages_tools_and_thinking(ant):
    tools = [{"name": "weather", "input_schema": TOOLS[0]["function"]["parameters"]}]
    headers = sim(reasoning="let me see", text="hm", tool="weather", arguments='{"city":"Zürich"}')
    answer = ant.messages.create(model="claude-sonnet-5", max_tokens=99, messages=HELLO, tools=tools, extra_headers=headers)
    with ant.messages.stream(model="claude-sonnet-5", max_tokens=99, messages=HELLO, tools=tools, extra_headers=headers) as stream:
        streamed = stream.get_final_message()
    for message in (answer, streamed):
        assert [block.type for block in message.content] == ["thinking", "text", "tool_use"]
        assert message.content[2].input == {"city": "Zürich"}
    turn = [
        *HELLO,
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": answer.content[2].id, "content": "rain"}]},
    ]
    assert ant.messages.create(model="claude-sonnet-5", max_tokens=99, messages=turn, tools=tools).stop_reason == "end_turn"


@pytest.mark.parametrize(
    "status, kind",
    [(400, openai.BadRequestError), (401, openai.AuthenticationError), (403, openai.PermissionDeniedError), (404, openai.NotFoundError),
     (422, openai.UnprocessableEntityError), (429, openai.RateLimitError), (500, openai.InternalServerError), (503, openai.InternalServerError)],
)  # fmt: skip
def test_provider_errors_openai(oai, status, kind):
    for stream in (False, True):
        with pytest.raises(kind) as caught:
            oai.with_options(max_retries=0).chat.completions.create(
                model="gpt-4o", messages=HELLO, stream=stream, extra_headers=sim(status=status, message="so it is")
            )
        assert caught.value.body["message"] == "so it is"
        assert caught.value.request_id


@pytest.mark.parametrize(
    "status, kind",
    [(400, anthropic.BadRequestError), (401, anthropic.AuthenticationError), (403, anthropic.PermissionDeniedError),
     (429, anthropic.RateLimitError), (500, anthropic.InternalServerError), (529, anthropic.APIStatusError)],
)  # fmt: skip
def test_provider_errors_anthropic(ant, status, kind):
    for stream in (False, True):
        with pytest.raises(kind) as caught:
            ant.with_options(max_retries=0).messages.create(
                model="claude-sonnet-5", max_tokens=9, messages=HELLO, stream=stream, extra_headers=sim(status=status, message="so it is")
            )
        assert caught.value.body["error"]["message"] == "so it is"
        assert caught.value.request_id


@pytest.mark.parametrize("script", [{"status": 502, "body": "<html>Bad gateway</html>", "content_type": "text/html"}, {"status": 500, "body": ""}])
def test_provider_errors_that_no_sdk_reads(gateway, script):
    """A load balancer's page instead of an error object still is an error object for the client."""
    answer = gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO}, sim(**script))
    assert answer.status >= 500 and answer.json["error"]["message"], answer.body
    request = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": HELLO}
    answer = gateway.post("/v1/messages", request, {"anthropic-version": "2023-06-01", **sim(**script)})
    assert answer.status >= 500 and answer.json["type"] == "error", answer.body


def test_errors_inside_a_stream(oai, ant):
    with pytest.raises(openai.APIError):
        list(oai.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True, extra_headers=sim(error_after=2)))
    with pytest.raises(anthropic.APIStatusError):
        with ant.messages.stream(model="claude-sonnet-5", max_tokens=9, messages=HELLO, extra_headers=sim(error_after=2)) as stream:
            stream.get_final_message()


def test_an_answer_inside_2xx_is_never_an_error(gateway):
    """A provider that answers 200 with something else than its dialect is a fault, not an answer."""
    answer = gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO}, sim(body="<html>", content_type="text/html"))
    assert answer.status >= 500 or answer.body == b"<html>"
    assert answer.status != 200 or b'"error"' not in answer.body
