"""Hands inferences to a collector (`assay collect`), with nothing but Python's standard library.

    collector = Collector()
    recorded = collector.record(request=body, response=answer, content_type="application/json")
    receipt = collector.receipt(recorded["inferenceId"], wait=30)

ASSAY_COLLECTOR_URL says where it is (http://127.0.0.1:8547 without), ASSAY_COLLECTOR_TOKEN what it asks for. docs/collector.md
describes what goes over the wire.
"""

import base64
import hashlib
import http.client
import json
import os
import random
import time
import urllib.error
import urllib.request
import uuid

# Worth another try: the collector is busy, about to end, or can't write just now.
PASSING = {408, 429, 500, 502, 503, 504}
# Records, and bytes, that are sent at once: below what a collector takes.
MOST_RECORDS = 500
MOST_BYTES = 4 * 2**20


class CollectorError(Exception):
    """The collector refuses; `code` says why, in a word."""

    def __init__(self, problem):
        super().__init__(problem.get("detail", "The collector refuses."))
        self.code = problem.get("code")
        self.status = problem.get("status")
        self.problem = problem


class Collector:
    """A collector.

    url: where it listens.
    token: what it asks for, if it does.
    timeout: seconds that one request may take.
    patience: seconds for which a record is handed in again, while the collector is away or can't take it.
    """

    def __init__(self, url=None, token=None, timeout=30.0, patience=60.0):
        self.url = (url or os.environ.get("ASSAY_COLLECTOR_URL", "http://127.0.0.1:8547")).rstrip("/")
        self.token = token or os.environ.get("ASSAY_COLLECTOR_TOKEN")
        self.timeout = timeout
        self.patience = patience
        # Requests go where they are sent: no proxy of the environment sees them.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def record(self, request, response, **more):
        """Records one inference, and returns once it is on disk: `inferenceId`, `sequence`, `repeated`.

        See `make_record` for what can be said of it.
        """
        record = make_record(request, response, **more)
        return self._patiently("POST", "/v1/inferences", json.dumps(record).encode(), "application/json")

    def record_all(self, records):
        """Records several, each from `make_record`. Returns what `record` does, in the same order."""
        recorded = []
        for lines in batches(json.dumps(record).encode() for record in records):
            answer = self._patiently("POST", "/v1/inferences", b"\n".join(lines), "application/x-ndjson")
            recorded += answer["inferences"]
        return recorded

    def state(self, inference_id):
        """How far it has come: `state` is `pending`, `settled` or `finalized`."""
        return self._patiently("GET", f"/v1/inferences/{inference_id}")

    def receipt(self, inference_id, wait=0):
        """Its receipt; None if it is not settled within `wait` seconds."""
        end = time.monotonic() + wait
        while True:
            left = max(0, round(end - time.monotonic()))
            headers = {"Prefer": f"wait={min(left, int(self.timeout / 2), 60)}"}
            answer = self._patiently("GET", f"/v1/inferences/{inference_id}/receipt", headers=headers)
            if answer.get("schema"):
                return answer
            if time.monotonic() >= end:
                return None
            time.sleep(0.2)

    def status(self):
        """Counts, limits, and whose inferences are taken."""
        return self._patiently("GET", "/v1/status")

    def flush(self):
        """Settles what is recorded now, as far as that goes within half a minute."""
        return self._patiently("POST", "/v1/flush")

    def _patiently(self, method, path, body=None, content_type=None, headers=None):
        """Sends it until it is answered. It may arrive twice: its key makes one inference of it."""
        end = time.monotonic() + self.patience
        pause = 0.1
        while True:
            try:
                return self._send(method, path, body, content_type, headers or {})
            except CollectorError as error:
                if error.status not in PASSING or time.monotonic() + pause > end:
                    raise
                pause = max(pause, error.problem.get("retryAfter", 0))
            except (OSError, http.client.HTTPException, ValueError):
                # Not there, or the answer was cut off.
                if time.monotonic() + pause > end:
                    raise
            # Not all at the same moment, where many wait.
            time.sleep(pause * (0.5 + random.random()))
            pause = min(2 * pause, 5.0)

    def _send(self, method, path, body, content_type, headers):
        headers = {"Accept": "application/json", **headers}
        if content_type:
            headers["Content-Type"] = content_type
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method=method)
        try:
            with self.opener.open(request, timeout=self.timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise CollectorError({"status": error.code, **problem_of(error)}) from None


def batches(lines):
    """Lines as they are sent together."""
    batch, size = [], 0
    for line in lines:
        if batch and (len(batch) == MOST_RECORDS or size + len(line) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line) + 1
    if batch:
        yield batch


def problem_of(error):
    try:
        problem = json.load(error)
        return problem if isinstance(problem, dict) else {}
    except ValueError:
        return {}


def make_record(
    request,
    response,
    *,
    content_type=None,
    digests_only=False,
    output_text=None,
    endpoint=None,
    model=None,
    model_returned=None,
    outcome=None,
    usage=None,
    finish_reason=None,
    messages=None,
    extensions=None,
    model_id=None,
    environment_id=None,
    served_at=None,
    idempotency_key=None,
):
    """A record as it goes over the wire.

    request, response: the bytes that went in and came out, as `bytes` or `str`.
    content_type: of both, if the collector is to read what they say: "application/json", or "text/event-stream" of a response.
    digests_only: hash here, so that no content leaves this process.
    served_at: seconds since 1970, as time.time() gives them. It is now, so that it is the same however often the record is sent.
    idempotency_key: what tells this call from others; a random one if there is none.
    """
    streams = content_type is not None and content_type.startswith("text/event-stream")
    record = {
        "idempotencyKey": idempotency_key or str(uuid.uuid4()),
        "request": content(request, "application/json" if streams else content_type, digests_only),
        "response": content(response, content_type, digests_only),
        "outputText": None if output_text is None else content(output_text, None, digests_only),
        "endpoint": endpoint,
        "model": {k: v for k, v in (("requested", model), ("returned", model_returned)) if v} or None,
        "outcome": outcome,
        "usage": usage,
        "finishReason": finish_reason,
        "messages": messages and [{"json": message} for message in messages],
        "extensions": extensions and {name: content(value) for name, value in extensions.items()},
        "modelId": model_id,
        "environmentId": environment_id,
        "servedAt": round((time.time() if served_at is None else served_at) * 1000),
    }
    return {name: value for name, value in record.items() if value is not None}


def content(value, content_type=None, digests_only=False):
    """Bytes as a record holds them."""
    if digests_only:
        data = value.encode() if isinstance(value, str) else value
        return {"sha256": "0x" + hashlib.sha256(data).hexdigest()}
    if isinstance(value, str):
        given = {"text": value}
    else:
        given = {"base64": base64.b64encode(value).decode()}
    return {**given, "contentType": content_type} if content_type else given
