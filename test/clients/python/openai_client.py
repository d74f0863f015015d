"""Sends requests with the Python client of OpenAI: without streaming, with streaming, and with a reference picture.

    python openai_client.py http://127.0.0.1:4010/v1 gpt-4o-image flux

Checks what holds for every response, and prints the results as one JSON document.
"""

import json
import sys

from openai import NotFoundError, OpenAI

base_url, *models = sys.argv[1:]
# A retry would hide a failure.
client = OpenAI(base_url=base_url, api_key="any", max_retries=0)

MESSAGES = [{"role": "user", "content": "画只猫"}]
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def stream(model, **options):
    """The joined deltas of a stream, its finish_reason, and its usage if it has one."""
    content, finish_reason, usage = "", None, None
    for chunk in client.chat.completions.create(model=model, messages=MESSAGES, stream=True, **options):
        if chunk.choices:
            content += chunk.choices[0].delta.content or ""
            finish_reason = chunk.choices[0].finish_reason or finish_reason
        usage = chunk.usage or usage
    return content, finish_reason, usage


def complete(model):
    """The response of one model, which is the same with and without streaming."""
    whole = client.chat.completions.create(model=model, messages=MESSAGES)
    choice, usage = whole.choices[0], whole.usage
    assert whole.model == model
    assert choice.finish_reason == "stop"
    assert usage.prompt_tokens + usage.completion_tokens == usage.total_tokens
    assert stream(model) == (choice.message.content, "stop", None)
    assert stream(model, stream_options={"include_usage": True}) == (choice.message.content, "stop", usage)
    return {"content": choice.message.content, "usage": usage.model_dump(exclude_unset=True)}


def complete_with_reference(model):
    """The response to a prompt with a text and a picture."""
    parts = [{"type": "text", "text": "画只猫"}, {"type": "image_url", "image_url": {"url": PIXEL}}]
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": parts}])
    return {"content": answer.choices[0].message.content, "usage": answer.usage.model_dump(exclude_unset=True)}


def ask_unknown(model):
    """The error that the client raises for an unknown model."""
    try:
        client.chat.completions.create(model=model, messages=MESSAGES)
    except NotFoundError as error:
        return {"status": error.status_code, "code": error.code, "param": error.param, "type": error.type, "request_id": error.request_id}
    raise AssertionError(f"{model} should be unknown")


print(
    json.dumps(
        {
            "models": [model.id for model in client.models.list()],
            "completions": {model: complete(model) for model in models},
            "with_reference": {model: complete_with_reference(model) for model in models},
            "unknown": ask_unknown("gpt-9"),
        }
    )
)
