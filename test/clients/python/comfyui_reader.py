"""Gets pictures as ComfyUI nodes do: reads the stream line by line, then searches its text with one pattern after another.

    python comfyui_reader.py http://127.0.0.1:4010/v1 'gpt-4o-image=画只猫 3:2' 'flux=画只猫'

Prints the results of all models as one JSON document.
"""

import base64
import json
import re
import sys
from io import BytesIO

import requests
from PIL import Image

# In the order of use. The first one finds base64, the others find a URL.
PATTERNS = {
    "base64": r"data:image\/[^;]+;base64,([A-Za-z0-9+/=]+)",
    "markdown": r"!\[.*?\]\((.*?)\)",
    "picture url": r"(https?://\S+\.(?:jpg|jpeg|png|gif|webp))",
    "url": r"(https?://\S+)",
}


def reference():
    """A reference picture as a data URI."""
    file = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def body_of(model, prompt):
    """The body of a request for one picture."""
    parts = [{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": reference()}}]
    return {"model": model, "messages": [{"role": "user", "content": parts}], "stream": True}


def ask(base_url, body):
    """The text of the assistant: the joined deltas of the stream."""
    response = requests.post(f"{base_url}/chat/completions", json=body, headers={"Authorization": "Bearer any"}, stream=True, timeout=60)
    response.raise_for_status()
    content = ""
    for line in response.iter_lines():
        text = line.decode("utf-8")
        if not text.startswith("data: "):
            continue
        if text == "data: [DONE]":
            return content
        choices = json.loads(text[len("data: ") :])["choices"]
        if choices and "content" in choices[0]["delta"]:
            content += choices[0]["delta"]["content"]
    raise EOFError(f"the stream of {body['model']} ended without [DONE]")


def find(content):
    """The first pattern that matches, and its match."""
    for name, pattern in PATTERNS.items():
        found = re.search(pattern, content)
        if found:
            return name, found.group(1)
    raise LookupError(f"no picture in {content!r}")


def load(name, found):
    """The decoded picture."""
    if name == "base64":
        data = base64.b64decode(found)
    else:
        response = requests.get(found, timeout=60)
        response.raise_for_status()
        data = response.content
    image = Image.open(BytesIO(data))
    image.load()
    return image


def read(base_url, model, prompt):
    """The picture of one model, its request and its text."""
    body = body_of(model, prompt)
    content = ask(base_url, body)
    name, found = find(content)
    image = load(name, found)
    picture = {"model": model, "pattern": name, "width": image.width, "height": image.height, "format": image.format}
    return {"asked": body, "content": content, "picture": picture}


base_url, *pairs = sys.argv[1:]
print(json.dumps([read(base_url, *pair.split("=", 1)) for pair in pairs]))
