"""What both packages are checked with: a mesh, its keys, and a line for each promise."""

import json
import os
import sys
import time
import traceback
import urllib.request

URL = os.environ["MESH_URL"]
KEY = os.environ["MESH_KEY"]
LIMITED_KEY = os.environ["LIMITED_KEY"]
POOR_KEY = os.environ["POOR_KEY"]
MODELS = os.environ["MODELS"].split()
DEMO, CHAT, CLAUDE = MODELS
REASONING_MODELS = os.environ["REASONING_MODELS"].split()
WRONG_KEY = "hd_none_" + "0" * 40
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PLACE = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}

failed = []


def check(name, run):
    """Prints whether the promise is kept."""
    try:
        run()
        print(f"ok      {name}")
    except Exception:  # Any error: each one is a promise that is not kept.
        failed.append(name)
        print(f"failed  {name}")
        traceback.print_exc()


def end():
    """Ends the process: with 1 where a promise is not kept."""
    print(f"{len(failed)} failed")
    sys.exit(1 if failed else 0)


def raises(kind, run):
    """Returns the error of that class that the call raises."""
    try:
        run()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def statuses(tag):
    """The statuses of the calls with the tag, oldest first."""
    query = "query ($tag: String!) { invocations(filter: { tag: $tag }, orderBy: OLDEST_FIRST) { edges { node { status } } } }"
    request = urllib.request.Request(
        f"{URL}/graphql",
        data=json.dumps({"query": query, "variables": {"tag": tag}}).encode(),
        headers={"content-type": "application/json", "authorization": f"Bearer {KEY}"},
    )
    with urllib.request.urlopen(request) as response:
        edges = json.load(response)["data"]["invocations"]["edges"]
    return [edge["node"]["status"] for edge in edges]


def wait_for(read, expected):
    """Reads until the value is the expected one, for at most ten seconds."""
    for _ in range(100):
        value = read()
        if value == expected:
            return
        time.sleep(0.1)
    raise AssertionError(f"{value} instead of {expected}")
