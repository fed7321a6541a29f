"""OpenAI clients on Anthropic and Anthropic clients on OpenAI: text, images, tools, streams and errors, through both SDKs.

The simulator refuses what the real provider would refuse, so a wrong translation is an error here.
"""

import json

import anthropic
import openai
import pytest

from harness.simulator import sim

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
OPENAI_TOOLS = [{"type": "function", "function": {"name": "weather", "description": "now", "parameters": SCHEMA}}]
ANTHROPIC_TOOLS = [{"name": "weather", "description": "now", "input_schema": SCHEMA}]
TO_ANTHROPIC = {"x-pool": "anthropic"}
TO_OPENAI = {"x-pool": "openai"}
STREAMS = [{}, {"split": 1}, {"split": 3, "delta": 1}, {"split": 7, "ascii": True}, {"crlf": True}, {"comments": True}, {"encoding": "gzip", "split": 5}]


class TestOpenAiClientOnAnthropic:
    def ask(self, oai, messages, script=None, **options):
        return oai.chat.completions.create(model="gpt-4o", messages=messages, extra_headers={**TO_ANTHROPIC, **(script or {})}, **options)

    def test_text_system_and_parameters(self, oai, anthropic_main):
        answer = self.ask(
            oai,
            [
                {"role": "system", "content": "one"},
                {"role": "developer", "content": [{"type": "text", "text": "two"}]},
                {"role": "user", "content": "first"},
                {"role": "assistant", "content": "reply"},
                {"role": "user", "content": [{"type": "text", "text": "héllo"}]},
            ],
            sim(prompt_tokens=50, cached_tokens=20, completion_tokens=7),
            max_completion_tokens=77,
            temperature=0.3,
            stop=["END"],
            user="u1",
        )
        assert answer.object == "chat.completion" and answer.id.startswith("chatcmpl-")
        assert answer.model == "gpt-4o"
        assert answer.choices[0].message.content == "héllo" and answer.choices[0].finish_reason == "stop"
        assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (50, 7, 57)
        assert answer.usage.prompt_tokens_details.cached_tokens == 20
        received = anthropic_main.last()
        body = received.json
        assert received.path == "/v1/messages" and received.headers["anthropic-version"]
        assert received.headers["x-api-key"] == "sk-provider-anthropic-main" and "authorization" not in received.headers
        assert body["model"] == "claude-sonnet-5" and body["max_tokens"] == 77 and body["stop_sequences"] == ["END"]
        assert "one" in json.dumps(body["system"]) and "two" in json.dumps(body["system"])
        assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]

    def test_max_tokens_has_a_default(self, oai, anthropic_main):
        self.ask(oai, [{"role": "user", "content": "x"}])
        assert anthropic_main.last().json["max_tokens"] > 0

    def test_images(self, oai, anthropic_main):
        content = [
            {"type": "text", "text": "what is this?"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
            {"type": "image_url", "image_url": {"url": "https://example.com/x.png"}},
        ]
        self.ask(oai, [{"role": "user", "content": content}])
        blocks = anthropic_main.last().json["messages"][0]["content"]
        assert blocks[1]["source"] == {"type": "base64", "media_type": "image/png", "data": PNG}
        assert blocks[2]["source"] == {"type": "url", "url": "https://example.com/x.png"}

    @pytest.mark.parametrize("stream", [False, True])
    def test_tools_and_their_results(self, oai, anthropic_main, stream):
        question = [{"role": "user", "content": "rain?"}]
        tools = [{"name": "weather", "arguments": '{"city":"Zürich"}'}, {"name": "weather", "arguments": '{"city":"Bern"}'}]
        script = {**TO_ANTHROPIC, **sim(text="let me see", tools=tools)}
        options = {"model": "gpt-4o", "messages": question, "tools": OPENAI_TOOLS, "extra_headers": script}
        if stream:
            with oai.chat.completions.stream(**options) as answer:
                choice = answer.get_final_completion().choices[0]
        else:
            choice = oai.chat.completions.create(**options).choices[0]
        assert choice.finish_reason == "tool_calls" and choice.message.content == "let me see"
        calls = choice.message.tool_calls
        assert [json.loads(call.function.arguments) for call in calls] == [{"city": "Zürich"}, {"city": "Bern"}]
        assert anthropic_main.last().json["tools"][0]["input_schema"] == SCHEMA
        turn = question + [
            {
                "role": "assistant",
                "content": choice.message.content,
                "tool_calls": [
                    {"id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": call.function.arguments}} for call in calls
                ],
            },
            {"role": "tool", "tool_call_id": calls[0].id, "content": "rain"},
            {"role": "tool", "tool_call_id": calls[1].id, "content": [{"type": "text", "text": "sun"}]},
            {"role": "user", "content": "so?"},
        ]
        assert self.ask(oai, turn, tools=OPENAI_TOOLS, tool_choice="required").choices[0].message.content
        body = anthropic_main.last().json
        assert body["tool_choice"]["type"] == "any"
        assert body["messages"][1]["content"][1]["input"] == {"city": "Zürich"}
        results = [block for block in body["messages"][2]["content"] if block["type"] == "tool_result"]
        assert [result["tool_use_id"] for result in results] == [call.id for call in calls]

    @pytest.mark.parametrize("script", STREAMS, ids=str)
    def test_streams(self, oai, script):
        stream = self.ask(
            oai, [{"role": "user", "content": "héllo wörld 😀"}], sim(**script, prompt_tokens=9, completion_tokens=5),
            stream=True, stream_options={"include_usage": True},
        )  # fmt: skip
        chunks = list(stream)
        assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices) == "héllo wörld 😀"
        assert {chunk.model for chunk in chunks} == {"gpt-4o"} and len({chunk.id for chunk in chunks}) == 1
        assert [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason] == ["stop"]
        assert chunks[-1].choices == [] and (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (9, 5)

    def test_finish_reasons(self, oai):
        for finish in ("length", "content_filter"):
            answer = self.ask(oai, [{"role": "user", "content": "x"}], sim(finish=finish))
            assert answer.choices[0].finish_reason == finish

    @pytest.mark.parametrize("status, kind", [(400, openai.BadRequestError), (401, openai.AuthenticationError), (429, openai.RateLimitError), (500, openai.InternalServerError), (529, openai.InternalServerError)])
    @pytest.mark.parametrize("stream", [False, True])
    def test_errors(self, gateway, status, kind, stream):
        client = gateway.openai(max_retries=0)
        with pytest.raises(kind) as caught:
            self.ask(client, [{"role": "user", "content": "x"}], sim(status=status, message="so it is"), stream=stream)
        assert caught.value.body["message"] == "so it is"

    def test_errors_inside_a_stream(self, oai):
        with pytest.raises(openai.APIError) as caught:
            list(self.ask(oai, [{"role": "user", "content": "x"}], sim(error_after=3, message="overloaded now"), stream=True))
        assert "overloaded now" in str(caught.value)

    def test_what_cannot_be_said_in_the_other_dialect_is_a_400_that_names_it(self, oai, anthropic_main):
        with pytest.raises(openai.BadRequestError) as caught:
            self.ask(oai, [{"role": "user", "content": "x"}], n=3)
        assert caught.value.body["param"] == "n" or "`n`" in caught.value.body["message"]
        assert anthropic_main.requests() == []


class TestAnthropicClientOnOpenAi:
    def ask(self, ant, messages, script=None, **options):
        options = {"model": "claude-sonnet-5", "max_tokens": 77, "extra_headers": {**TO_OPENAI, **(script or {})}, **options}
        return ant.messages.create(messages=messages, **options)

    def test_text_system_and_parameters(self, ant, openai_main):
        answer = self.ask(
            ant,
            [
                {"role": "user", "content": "first"},
                {"role": "assistant", "content": [{"type": "text", "text": "reply"}]},
                {"role": "user", "content": [{"type": "text", "text": "héllo"}]},
            ],
            sim(prompt_tokens=50, cached_tokens=20, completion_tokens=7),
            system=[{"type": "text", "text": "one"}, {"type": "text", "text": "two"}],
            stop_sequences=["END"],
        )
        assert answer.type == "message" and answer.id.startswith("msg_") and answer.model == "claude-sonnet-5"
        assert answer.content[0].text == "héllo" and answer.stop_reason == "end_turn"
        assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens, answer.usage.output_tokens) == (30, 20, 7)
        received = openai_main.last()
        body = received.json
        assert received.path == "/v1/chat/completions" and received.headers["authorization"] == "Bearer sk-provider-openai-main"
        assert body["model"] == "gpt-4o-2024-11-20" and body["stop"] == ["END"]
        assert 77 in (body.get("max_tokens"), body.get("max_completion_tokens"))
        assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "user"]

    def test_images(self, ant, openai_main):
        content = [
            {"type": "text", "text": "what is this?"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
            {"type": "image", "source": {"type": "url", "url": "https://example.com/x.png"}},
        ]
        self.ask(ant, [{"role": "user", "content": content}])
        parts = openai_main.last().json["messages"][0]["content"]
        assert parts[1]["image_url"]["url"] == f"data:image/png;base64,{PNG}"
        assert parts[2]["image_url"]["url"] == "https://example.com/x.png"

    @pytest.mark.parametrize("stream", [False, True])
    def test_tools_and_their_results(self, ant, openai_main, stream):
        question = [{"role": "user", "content": "rain?"}]
        tools = [{"name": "weather", "arguments": '{"city":"Zürich"}'}, {"name": "weather", "arguments": '{"city":"Bern"}'}]
        options = {"model": "claude-sonnet-5", "max_tokens": 77, "messages": question, "tools": ANTHROPIC_TOOLS, "extra_headers": {**TO_OPENAI, **sim(text="let me see", tools=tools)}}
        if stream:
            with ant.messages.stream(**options) as answer:
                message = answer.get_final_message()
        else:
            message = ant.messages.create(**options)
        assert message.stop_reason == "tool_use"
        assert [block.type for block in message.content] == ["text", "tool_use", "tool_use"]
        assert [block.input for block in message.content[1:]] == [{"city": "Zürich"}, {"city": "Bern"}]
        assert openai_main.last().json["tools"][0]["function"]["parameters"] == SCHEMA
        turn = question + [
            {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in message.content]},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": message.content[1].id, "content": "rain"},
                    {"type": "tool_result", "tool_use_id": message.content[2].id, "content": [{"type": "text", "text": "sun"}]},
                    {"type": "text", "text": "so?"},
                ],
            },
        ]
        assert self.ask(ant, turn, tools=ANTHROPIC_TOOLS, tool_choice={"type": "any"}).content
        body = openai_main.last().json
        assert body["tool_choice"] == "required"
        assert [message["role"] for message in body["messages"]] == ["user", "assistant", "tool", "tool", "user"]
        assert json.loads(body["messages"][1]["tool_calls"][0]["function"]["arguments"]) == {"city": "Zürich"}

    @pytest.mark.parametrize("script", STREAMS, ids=str)
    def test_streams(self, ant, openai_main, script):
        with ant.messages.stream(
            model="claude-sonnet-5", max_tokens=77, messages=[{"role": "user", "content": "héllo wörld 😀"}],
            extra_headers={**TO_OPENAI, **sim(**script, prompt_tokens=9, completion_tokens=5)},
        ) as stream:  # fmt: skip
            events = [event.type for event in stream]
            message = stream.get_final_message()
        assert message.content[0].text == "héllo wörld 😀" and message.stop_reason == "end_turn"
        assert (message.usage.input_tokens, message.usage.output_tokens) == (9, 5)
        assert events[0] == "message_start" and events[-1] == "message_stop"
        # Otherwise OpenAI would not say what it cost.
        assert openai_main.last().json["stream_options"] == {"include_usage": True}

    def test_finish_reasons(self, ant):
        for finish, reason in (("length", "max_tokens"), ("content_filter", "refusal")):
            assert self.ask(ant, [{"role": "user", "content": "x"}], sim(finish=finish)).stop_reason == reason

    @pytest.mark.parametrize("status, kind", [(400, anthropic.BadRequestError), (401, anthropic.AuthenticationError), (429, anthropic.RateLimitError), (500, anthropic.InternalServerError)])
    @pytest.mark.parametrize("stream", [False, True])
    def test_errors(self, gateway, status, kind, stream):
        client = gateway.anthropic(max_retries=0)
        with pytest.raises(kind) as caught:
            self.ask(client, [{"role": "user", "content": "x"}], sim(status=status, message="so it is"), stream=stream)
        assert caught.value.body["error"]["message"] == "so it is"

    def test_errors_inside_a_stream(self, ant):
        with pytest.raises(anthropic.APIStatusError) as caught:
            list(self.ask(ant, [{"role": "user", "content": "x"}], sim(error_after=3, message="overloaded now"), stream=True))
        assert "overloaded now" in str(caught.value)
