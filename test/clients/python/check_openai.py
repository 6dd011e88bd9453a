"""The package openai: chat completions, responses, embeddings, models."""

import json

import openai
from pydantic import BaseModel

from checks import (
    CHAT,
    CLAUDE,
    DEMO,
    KEY,
    LIMITED_KEY,
    MODELS,
    PNG,
    POOR_KEY,
    REASONING_MODELS,
    URL,
    WRONG_KEY,
    check,
    end,
    raises,
    statuses,
    wait_for,
)


class Place(BaseModel):
    city: str


def connect(key=KEY, **options):
    return openai.OpenAI(base_url=f"{URL}/v1", api_key=key, **{"max_retries": 0, **options})


client = connect()
HELLO = [{"role": "user", "content": "Hello you"}]
WEATHER = {
    "name": "weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def chat_text(model):
    answer = client.chat.completions.create(model=model, messages=HELLO)
    assert answer.choices[0].message.content == "Hello you"
    assert answer.usage.total_tokens > 0


def chat_stream(model):
    text, usage = "", None
    options = {"include_usage": True}
    for chunk in client.chat.completions.create(model=model, messages=HELLO, stream=True, stream_options=options):
        usage = chunk.usage or usage
        text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
    assert text == "Hello you"
    assert usage.completion_tokens > 0
    with client.chat.completions.stream(model=model, messages=HELLO) as stream:
        assert stream.get_final_completion().choices[0].message.content == "Hello you"


def chat_object(model):
    messages = [{"role": "user", "content": '{"city":"Bern"}'}]
    answer = client.chat.completions.parse(model=model, messages=messages, response_format=Place)
    assert answer.choices[0].message.parsed == Place(city="Bern")


def chat_tools(model):
    messages, called = [{"role": "user", "content": "Weather?"}], []
    tools = [{"type": "function", "function": WEATHER}]
    for _ in range(5):
        message = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
        messages.append(message)
        if not message.tool_calls:
            break
        for call in message.tool_calls:
            city = json.loads(call.function.arguments)["city"]
            called.append(city)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"{city} is sunny."})
    assert called == ["Bern", "Basel"]
    assert message.content == "Weather: Bern is sunny. Basel is sunny."


def chat_image(model):
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
    ]
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": parts}])
    assert answer.choices[0].message.content == "Hello you"


def response_text(model):
    answer = client.responses.create(model=model, input="Hello you")
    assert answer.output_text == "Hello you"
    assert answer.usage.total_tokens > 0


def response_stream(model):
    with client.responses.stream(model=model, input="Hello you") as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        assert text == stream.get_final_response().output_text == "Hello you"


def response_object(model):
    answer = client.responses.parse(model=model, input='{"city":"Bern"}', text_format=Place)
    assert answer.output_parsed == Place(city="Bern")


def response_tools(model):
    items, called = "Weather?", []
    tools = [{"type": "function", **WEATHER, "strict": False}]
    previous = openai.omit
    for _ in range(5):
        answer = client.responses.create(model=model, input=items, tools=tools, previous_response_id=previous)
        calls = [item for item in answer.output if item.type == "function_call"]
        if not calls:
            break
        cities = [json.loads(call.arguments)["city"] for call in calls]
        called += cities
        items = [
            {"type": "function_call_output", "call_id": call.call_id, "output": f"{city} is sunny."}
            for call, city in zip(calls, cities)
        ]
        previous = answer.id
    assert called == ["Bern", "Basel"]
    assert answer.output_text == "Weather: Bern is sunny. Basel is sunny."


def response_reasoning(model):
    answer = client.responses.create(model=model, input="Hi", reasoning={"effort": "low", "summary": "auto"})
    summaries = [part.text for item in answer.output if item.type == "reasoning" for part in item.summary]
    assert summaries == ["They greet me."], summaries


def errors():
    def call(key=KEY, model=DEMO, **options):
        return connect(key, **options).chat.completions.create(model=model, messages=HELLO)

    assert raises(openai.AuthenticationError, lambda: call(WRONG_KEY)).code == "invalid_api_key"
    assert raises(openai.NotFoundError, lambda: call(model="demo/none")).code == "model_not_found"
    call(LIMITED_KEY)
    limit = raises(openai.RateLimitError, lambda: call(LIMITED_KEY))
    assert int(limit.response.headers["retry-after"]) > 0
    budget = raises(openai.RateLimitError, lambda: call(POOR_KEY, CHAT, max_retries=2))
    assert budget.code == "insufficient_quota"
    assert budget.response.request.headers["x-stainless-retry-count"] == "0", "a refusal by budget was repeated"


def broken_streams():
    own = [{"role": "user", "content": "breaks off"}]
    raises(openai.APIError, lambda: list(client.chat.completions.create(model=CHAT, messages=own, stream=True)))
    raises(openai.APIError, lambda: list(client.responses.create(model=CHAT, input="breaks off", stream=True)))


def abort():
    tagged = connect(default_headers={"x-heddle-tags": "python-openai-abort"})
    own = [{"role": "user", "content": "never ends"}]
    with tagged.chat.completions.create(model=CHAT, messages=own, stream=True) as stream:
        for chunk in stream:
            if chunk.choices[0].delta.content:
                break
    wait_for(lambda: statuses("python-openai-abort"), ["CANCELLED"])


def retries():
    tagged = connect(default_headers={"x-heddle-tags": "python-openai-retry"}, max_retries=2)
    own = [{"role": "user", "content": "fails 2 times for python openai"}]
    answer = tagged.chat.completions.create(model=CHAT, messages=own)
    assert answer.choices[0].message.content == "Hello you"
    assert statuses("python-openai-retry") == ["FAILED", "SUCCEEDED"]


def embeddings():
    answer = client.embeddings.create(model="demo/embed", input=["one", "two", "one"])
    first, second, third = (item.embedding for item in answer.data)
    assert first == third != second
    plain = client.embeddings.create(model="demo/embed", input=["one"], encoding_format="float")
    assert len(plain.data[0].embedding) == len(first)


def models():
    listed = [model.id for model in client.models.list()]
    assert {DEMO, CHAT, CLAUDE} <= set(listed)
    assert client.models.retrieve(CHAT).id == CHAT


for model in MODELS:
    for run in (chat_text, chat_stream, chat_object, response_text, response_stream, response_object):
        check(f"openai {openai.__version__}: {run.__name__} of {model}", lambda: run(model))
for model in (CHAT, CLAUDE):
    for run in (chat_tools, chat_image, response_tools):
        check(f"openai {openai.__version__}: {run.__name__} of {model}", lambda: run(model))
for model in REASONING_MODELS:
    check(f"openai {openai.__version__}: response_reasoning of {model}", lambda: response_reasoning(model))
for run in (errors, broken_streams, abort, retries, embeddings, models):
    check(f"openai {openai.__version__}: {run.__name__}", run)
end()
