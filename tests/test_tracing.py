"""Traces as a collector gets them: a real OTLP/HTTP receiver, the real service, and nothing of a person in a span."""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.api_world import TinyAnswers, client_of
from tests.running_service import WAIT_S, ask, home_key, serving

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"  # the example of W3C Trace Context
PARENT = {"traceparent": f"00-{TRACE}-{CALLER}-01"}


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A receiver's address, and the bodies that came to it."""
    received: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            received.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nobody watches."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()


def spans_of(bodies: list[bytes]) -> list[Span]:
    resources = [group for body in bodies for group in ExportTraceServiceRequest.FromString(body).resource_spans]
    return [span for group in resources for scope in group.scope_spans for span in scope.spans]


def told(span: Span) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, str(pair.value.WhichOneof("value"))) for pair in span.attributes}


def test_a_collector_gets_each_request_with_its_steps_under_the_callers_trace(small_home: Path, tmp_path: Path) -> None:
    shutil.copytree(small_home / "bundles", tmp_path / "bundles")
    key = home_key(tmp_path, "staff")
    brief = json.dumps({"title": "Bí mật của Lê An"}).encode()
    with collector() as (endpoint, bodies):
        with serving(tmp_path, SERVING__OTLP_ENDPOINT=endpoint, SERVING__LOG_FORMAT="json") as (process, address):
            assert ask(address, "/v1/shortlists", brief, {**key, **PARENT, "X-Request-ID": "mine"}) == 201
            assert ask(address, "/v1/creators/nguyen-van-a", None, {**key, **PARENT}) == 404
            process.send_signal(signal.SIGINT)
            assert process.wait(WAIT_S) == 0
        spans = [span for span in spans_of(bodies) if span.trace_id.hex() == TRACE]
    created, missed = (span for span in spans if span.parent_span_id.hex() == CALLER)
    assert (created.name, missed.name) == ("POST /v1/shortlists", "GET /v1/creators/{creator_id}")
    assert told(created) == {
        "http.request.method": "POST",
        "http.route": "/v1/shortlists",
        "http.response.status_code": 201,
        "kolmatch.request_id": "mine",
    }
    steps = [span for span in spans if span.parent_span_id == created.span_id]
    assert {span.name for span in steps} == {"match", "store.read", "store.write"}
    assert all(created.start_time_unix_nano <= s.start_time_unix_nano <= s.end_time_unix_nano for s in steps)
    sent = b"".join(bodies)
    assert not any(word.encode() in sent for word in ("Bí mật", "Lê An", "nguyen-van-a", key["Authorization"][7:]))
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    assert ("mine", TRACE) in {(line.get("request_id"), line.get("trace_id")) for line in lines}


def test_a_collector_that_is_away_costs_no_answer(small_home: Path, tmp_path: Path) -> None:
    shutil.copytree(small_home / "bundles", tmp_path / "bundles")
    with serving(tmp_path, SERVING__OTLP_ENDPOINT="http://127.0.0.1:9") as (process, address):
        assert ask(address, "/v1/shortlists", json.dumps({"title": "Dịch vụ công"}).encode()) == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_S) == 0


def test_without_a_collector_the_callers_trace_is_in_the_log_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="kolmatch")
    client_of(TinyAnswers).get("/livez", headers=PARENT)
    client_of(TinyAnswers).get("/livez")
    traces = [getattr(record, "trace_id", None) for record in caplog.records if record.name == "kolmatch.access"]
    assert traces == [TRACE, None]
