"""The package anthropic: messages, tokens, models."""

import anthropic

from checks import (
    CHAT,
    CLAUDE,
    DEMO,
    KEY,
    LIMITED_KEY,
    MODELS,
    PLACE,
    PNG,
    POOR_KEY,
    URL,
    WRONG_KEY,
    check,
    end,
    raises,
    statuses,
    wait_for,
)


def connect(key=KEY, **options):
    return anthropic.Anthropic(base_url=URL, api_key=key, **{"max_retries": 0, **options})


client = connect()
HELLO = [{"role": "user", "content": "Hello you"}]
TOOL = {
    "name": "weather",
    "description": "The weather of a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def text(model):
    message = client.messages.create(model=model, max_tokens=100, messages=HELLO)
    assert [block.text for block in message.content] == ["Hello you"]
    assert message.usage.input_tokens > 0 and message.usage.output_tokens > 0


def stream(model):
    with client.messages.stream(model=model, max_tokens=100, messages=HELLO) as events:
        assert "".join(events.text_stream) == "Hello you"
        final = events.get_final_message()
    assert final.stop_reason == "end_turn"
    assert final.usage.input_tokens > 0 and final.usage.output_tokens > 0


def structured(model):
    output = {"format": {"type": "json_schema", "schema": PLACE}}
    messages = [{"role": "user", "content": '{"city":"Bern"}'}]
    message = client.messages.create(model=model, max_tokens=100, messages=messages, output_config=output)
    assert message.content[0].text.replace(" ", "") == '{"city":"Bern"}'


def tools(model):
    messages, called = [{"role": "user", "content": "Weather?"}], []
    for _ in range(5):
        message = client.messages.create(model=model, max_tokens=100, messages=messages, tools=[TOOL])
        calls = [block for block in message.content if block.type == "tool_use"]
        if not calls:
            break
        called += [call.input["city"] for call in calls]
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": f"{call.input['city']} is sunny."}
            for call in calls
        ]
        messages += [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    assert called == ["Bern", "Basel"]
    assert message.content[0].text == "Weather: Bern is sunny. Basel is sunny."


def image(model):
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    content = [{"type": "text", "text": "What is this?"}, {"type": "image", "source": source}]
    message = client.messages.create(
        model=model, max_tokens=100, messages=[{"role": "user", "content": content}]
    )
    assert message.content[0].text == "Hello you"


def thinking(model):
    message = client.messages.create(
        model=model,
        max_tokens=4_000,
        messages=[{"role": "user", "content": "Hi"}],
        thinking={"type": "enabled", "budget_tokens": 2_048},
    )
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[0].thinking == "They greet me."


def errors():
    def call(key=KEY, model=DEMO, **options):
        return connect(key, **options).messages.create(model=model, max_tokens=10, messages=HELLO)

    raises(anthropic.AuthenticationError, lambda: call(WRONG_KEY))
    unknown = raises(anthropic.NotFoundError, lambda: call(model="demo/none"))
    assert unknown.request_id
    # The openai package has used the one request of this key.
    limit = raises(anthropic.RateLimitError, lambda: call(LIMITED_KEY))
    assert int(limit.response.headers["retry-after"]) > 0
    budget = raises(anthropic.APIStatusError, lambda: call(POOR_KEY, CHAT, max_retries=2))
    assert budget.status_code == 402
    assert budget.response.request.headers["x-stainless-retry-count"] == "0", "a refusal by budget was repeated"


def broken_stream():
    own = [{"role": "user", "content": "breaks off"}]

    def read():
        with client.messages.stream(model=CHAT, max_tokens=10, messages=own) as events:
            events.until_done()

    raises(anthropic.APIError, read)


def abort():
    tagged = connect(default_headers={"x-heddle-tags": "python-anthropic-abort"})
    own = [{"role": "user", "content": "never ends"}]
    with tagged.messages.stream(model=CHAT, max_tokens=10, messages=own) as events:
        for _ in events.text_stream:
            break
    wait_for(lambda: statuses("python-anthropic-abort"), ["CANCELLED"])


def retries():
    tagged = connect(default_headers={"x-heddle-tags": "python-anthropic-retry"}, max_retries=2)
    own = [{"role": "user", "content": "fails 2 times for python anthropic"}]
    message = tagged.messages.create(model=CHAT, max_tokens=100, messages=own)
    assert message.content[0].text == "Hello you"
    assert statuses("python-anthropic-retry") == ["FAILED", "SUCCEEDED"]


def count_tokens():
    assert client.messages.count_tokens(model=CLAUDE, messages=HELLO).input_tokens > 0


def models():
    listed = [model.id for model in client.models.list(limit=2)]
    assert {DEMO, CHAT, CLAUDE} <= set(listed)
    assert client.models.retrieve(CLAUDE).id == CLAUDE


for model in MODELS:
    for run in (text, stream, structured):
        check(f"anthropic {anthropic.__version__}: {run.__name__} of {model}", lambda: run(model))
for model in (CHAT, CLAUDE):
    for run in (tools, image, thinking):
        check(f"anthropic {anthropic.__version__}: {run.__name__} of {model}", lambda: run(model))
for run in (errors, broken_stream, abort, retries, count_tokens, models):
    check(f"anthropic {anthropic.__version__}: {run.__name__}", run)
end()
