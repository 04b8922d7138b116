"""A call of a model, and its receipt: python3 examples/collector/example.py

Without a model at hand, the exchange is written down here; with one, `body` and `answer` are the bytes that went over the wire.
"""

import json
import sys

from assay_collector import Collector

body = json.dumps({"model": "m-1", "messages": [{"role": "user", "content": "Say hello."}]}).encode()
answer = json.dumps(
    {
        "id": "chatcmpl-1",
        "model": "m-1-2026-01-01",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
    }
).encode()

collector = Collector()
recorded = collector.record(
    request=body,
    response=answer,
    content_type="application/json",
    endpoint="https://api.example.com/v1/chat/completions",
    extensions={"provider.response.id": "chatcmpl-1"},
)
print(f"recorded {recorded['inferenceId']}", file=sys.stderr)
receipt = collector.receipt(recorded["inferenceId"], wait=60)
if receipt is None:
    sys.exit("It is not settled yet: ask again later.")
print(json.dumps(receipt))
