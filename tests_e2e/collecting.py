"""A collector of traces (OTLP over HTTP) in this process: it keeps what it is sent."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, str]


@dataclass
class Collected:
    address: str
    bodies: list[bytes] = field(default_factory=list)

    def spans(self, trace_id: str) -> list[Span]:
        spans = [span for body in self.bodies for span in _read(body)]
        return [span for span in spans if span.trace_id == trace_id]


def _read(body: bytes) -> Iterator[Span]:
    for told in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = _attributes(told.resource)["service.name"]
        for span in (span for scope in told.scope_spans for span in scope.spans):
            yield Span(
                service,
                span.name,
                span.trace_id.hex(),
                span.span_id.hex(),
                span.parent_span_id.hex(),
                _attributes(span),
            )


def _attributes(described: Any) -> dict[str, str]:
    return {
        each.key: each.value.string_value or str(each.value.int_value)
        for each in described.attributes
    }


@contextmanager
def run_collector() -> Iterator[Collected]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path == "/v1/traces":
                collected.bodies.append(body)
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collected = Collected(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield collected
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
