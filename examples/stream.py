"""Streams a completion with Python's standard library alone.

    HEDDLE_KEY=hd_… python3 examples/stream.py "How does a loom work?"
"""

import json
import os
import sys
import urllib.error
import urllib.request

QUERY = """subscription ($input: CompletionInput!) {
  completionStream(input: $input) {
    ... on TextDelta { text }
    ... on CompletionFailed { code message }
  }
}"""


def read_events(response):
    """Yields the data of each server-sent event that has any."""
    for line in response:
        name, _, value = line.decode("utf-8").rstrip("\n").partition(": ")
        if name == "data" and value:
            yield json.loads(value)


def main():
    question = sys.argv[1] if len(sys.argv) > 1 else "Hello, loom"
    variables = {
        "input": {
            "model": os.environ.get("MODEL", "demo/echo"),
            "messages": [{"role": "USER", "content": question}],
        }
    }
    request = urllib.request.Request(
        os.environ.get("HEDDLE_URL", "http://127.0.0.1:4000") + "/graphql",
        data=json.dumps({"query": QUERY, "variables": variables}).encode("utf-8"),
        headers={
            "accept": "text/event-stream",
            "authorization": "Bearer " + os.environ.get("HEDDLE_KEY", ""),
            "content-type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            for answer in read_events(response):
                if answer.get("errors"):
                    error = answer["errors"][0]
                    sys.exit(error["extensions"]["code"] + ": " + error["message"])
                event = answer["data"]["completionStream"]
                if "code" in event:
                    sys.exit(event["code"] + ": " + event["message"])
                print(event.get("text", ""), end="", flush=True)
    except urllib.error.HTTPError as error:
        sys.exit(f"HTTP {error.code}: {error.read(2000).decode('utf-8', 'replace')}")
    except urllib.error.URLError as error:
        sys.exit(f"{request.full_url} cannot be reached: {error.reason}")
    print()


if __name__ == "__main__":
    main()
