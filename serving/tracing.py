"""Where a request's time goes, for OpenTelemetry: one span a request, one for each answer of the matcher and the store.

Without `serving.otlp_endpoint` the API that is used here does nothing. Spans hold methods, route templates, codes and
ids of requests and models, as the log does: no path, no text of a brief, no message of an exception (it may quote one).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from kolmatch import __version__

_TRACES_PATH: Final = "/v1/traces"  # of a collector, by the OTLP specification
_TIMEOUT_S: Final = 5.0  # for one delivery; spans that a collector does not take by then are lost, requests are not
_tracer = trace.get_tracer("kolmatch", __version__)
_parents = TraceContextTextMapPropagator()


@contextmanager
def exporting(endpoint: str) -> Iterator[None]:
    """Send spans to an OTLP/HTTP collector beside the block, and what is left at its end; nothing when empty.

    Once per process.
    """
    if not endpoint:
        yield
        return
    # Megabytes that a service without traces does without.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "kolmatch", "service.version": __version__}))
    exporter = OTLPSpanExporter(endpoint.rstrip("/") + _TRACES_PATH, timeout=_TIMEOUT_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


def step(name: str) -> AbstractContextManager[Span]:
    """A span around what is done in the block, part of the request that it is done for."""
    return _tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False)


def request_span(headers: Mapping[str, str]) -> AbstractContextManager[Span]:
    """The span of a request; its parent is the caller's own, if the caller sent one (W3C `traceparent`)."""
    return _tracer.start_as_current_span(
        "request",
        context=_parents.extract(headers),
        kind=SpanKind.SERVER,
        record_exception=False,
        set_status_on_exception=False,
    )


def describe(span: Span, method: str, route: str, status: int, request_id: str) -> None:
    """Say of a request's span what was asked and how it went, by the names of OpenTelemetry's conventions for HTTP."""
    span.update_name(f"{method} {route}")
    span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
    span.set_attribute("kolmatch.request_id", request_id)
    if status >= 500:
        span.set_status(StatusCode.ERROR)


def trace_id(span: Span) -> str | None:
    """The id that joins what several services say of one request; None when nobody traces it."""
    context = span.get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None
