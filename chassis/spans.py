"""Spans of requests, of what is asked of others, and of database statements.

W3C Trace Context: a request's `traceparent` is continued, and passed on. Nothing that
belongs to a person leaves: no path, query, parameter of a statement, text of an error.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.psycopg2 import Psycopg2Instrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import (
    TraceContextTextMapPropagator,
)

from chassis.routes import route_of

Handler = Callable[[HttpRequest], HttpResponse]

_CONTEXT = TraceContextTextMapPropagator()
# What our own requests are made of and what the instrumentations add that names nobody.
_TOLD = frozenset(
    {
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "http.method",
        "http.url",
        "http.status_code",
        "db.system",
        "db.name",
        "db.statement",
        "net.peer.name",
        "net.peer.port",
        "request_id",
    }
)


class Exporter(OTLPSpanExporter):
    """Sends spans without what instrumentations might have quoted of a person."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """This function will send the spans to the collector."""
        return super().export([_without_quotes(span) for span in spans])


def start(service: str) -> None:
    """This function will trace this process from now on.

    OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER and the like are OpenTelemetry's own.
    """
    os.environ.setdefault("OTEL_SERVICE_NAME", service)
    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(BatchSpanProcessor(Exporter()))
    trace.set_tracer_provider(provider)
    # The context alone: baggage is whatever a client puts there.
    set_global_textmap(_CONTEXT)
    Psycopg2Instrumentor().instrument()
    RequestsInstrumentor().instrument()


def trace_requests(get_response: Handler) -> Handler:
    """This function will make each request a span, named by its route."""
    tracer = trace.get_tracer("chassis")

    def handle(request: HttpRequest) -> HttpResponse:
        with tracer.start_as_current_span(
            str(request.method),
            context=_CONTEXT.extract(request.headers),
            kind=SpanKind.SERVER,
            record_exception=False,
        ) as span:
            response = get_response(request)
            if span.is_recording():
                _describe(span, request, response)
            return response

    return handle


def add_trace_id(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """This function will add the trace's id to an event of the log."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
    return event


def _describe(span: trace.Span, request: HttpRequest, response: HttpResponse) -> None:
    route = route_of(request)
    method = str(request.method)
    if route:
        span.update_name(f"{method} {route}")
        span.set_attribute("http.route", route)
    span.set_attribute("http.request.method", method)
    span.set_attribute("http.response.status_code", response.status_code)
    span.set_attribute("request_id", response.headers["X-Request-ID"])
    if response.status_code >= 500:
        span.set_status(StatusCode.ERROR)


def _without_quotes(span: ReadableSpan) -> ReadableSpan:
    attributes: Mapping[str, Any] = span.attributes or {}
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in attributes.items() if name in _TOLD},
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
