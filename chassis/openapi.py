"""The OpenAPI 3.1 documents of both services, read off the views themselves.

What a view enforces (roles, query, body, conditional headers) is what its document
says; only the refusals that come from inside a service are named by `operation`.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import groupby
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request

from chassis import problems
from chassis.answers import JsonAnswer
from chassis.problems import MEDIA_TYPE, Problem
from chassis.roles import EVERYBODY
from chassis.serializers import TextField
from chassis.views import OpenView

V = TypeVar("V", bound=Callable[..., Any])


class FaultAnswer(serializers.Serializer[Any]):
    """One fault of a request."""

    field = serializers.CharField(
        allow_blank=True, help_text="Where: `promos.3.points`; empty for all of it."
    )
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemAnswer(serializers.Serializer[Any]):
    """What went wrong (RFC 9457); `code` is the part to program against."""

    type = serializers.CharField(help_text="`/problems/` and the code.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    instance = serializers.CharField(
        required=False, help_text="The path; the gateway's own problems have none."
    )
    request_id = serializers.CharField()
    errors = FaultAnswer(  # type: ignore[assignment]  # shadows Serializer.errors
        many=True,
        required=False,
        help_text="Of `validation_error`: every fault, up to 100; of `Create_promos` "
        "every faulty row, up to 5 faults each.",
    )
    more_errors = serializers.IntegerField(
        required=False, min_value=1, help_text="How many faults `errors` leaves out."
    )


def _of_gateway(status: int, code: str, title: str) -> type[Problem]:
    return type(code, (Problem,), {"status_code": status, "code": code, "title": title})


# The gateway says these in its own words; they leave `instance` out.
_OF_GATEWAY = (
    _of_gateway(414, "uri_too_long", "The address is too long"),
    _of_gateway(421, "misdirected_request", "This host is not served here"),
    _of_gateway(431, "headers_too_large", "The headers are too large"),
    _of_gateway(502, "bad_gateway", "The service could not be reached"),
    _of_gateway(504, "gateway_timeout", "The service took too long"),
    problems.Throttled,
)


def operation(
    operation_id: str,
    *,
    body: Any = None,
    answer: Any = None,
    status: int = 200,
    refusals: Iterable[type[Problem]] = (),
    headers: Mapping[str, str] | None = None,
    examples: Mapping[str, Any] | None = None,
) -> Callable[[V], V]:
    """This function will decorate a method of a view with what its document needs.

    `headers` are those of the answer, with a sentence each; `examples` are bodies by
    name.
    """
    described = extend_schema(
        operation_id=operation_id,
        request=body,
        responses={status: answer},
        parameters=[
            _header(name, text, response=[status])
            for name, text in (headers or {}).items()
        ],
        examples=[
            OpenApiExample(name, value=value, request_only=True)
            for name, value in (examples or {}).items()
        ],
    )

    def decorate(method: V) -> V:
        method.refusals = tuple(refusals)  # type: ignore[attr-defined]
        method.reads = body  # type: ignore[attr-defined]
        decorated: V = described(method)
        return decorated

    return decorate


def list_operation(operation_id: str, row: Any) -> Callable[[V], V]:
    """This function will decorate a method that answers with a page of rows."""
    return operation(
        operation_id, answer=_page_of(row), refusals=[problems.InvalidCursor]
    )


class ContractSchema(AutoSchema):
    """Adds what every endpoint shares: refusals, request ids, strict queries."""

    view: Any

    def get_override_parameters(self) -> list[Any]:
        """This function will return the query, the headers asked for and answered."""
        query = self.view.query_serializers.get(self.method)
        shared = [_header("X-Request-ID", "The request's id.", response=True)]
        return [
            *([query] if query else []),
            *self.view.header_parameters.get(self.method, ()),
            *shared,
        ]

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        """Add a problem for each status that can be refused with."""
        bodies = super()._get_response_bodies(direction)
        found = sorted(self._refusals(), key=lambda problem: problem.status_code)
        for status, group in groupby(found, key=lambda problem: problem.status_code):
            problem, code = _problem_answer(list(group)), str(status)
            bodies[code] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                problem, code, [MEDIA_TYPE], direction
            )
        return bodies

    def get_description(self) -> str:  # type: ignore[override]
        """This function will tell what the docstring says that the method will do."""
        told = super().get_description().removeprefix("This function will ")
        return told[:1].upper() + told[1:]

    def get_summary(self) -> str:
        """This function will give the line that stands for the operation in a list."""
        return self.get_description().split("\n")[0].rstrip(".")

    def get_tags(self) -> list[str]:
        """This function will group operations by what they are about."""
        tag = self.path.removeprefix("/api/v1/").split("/")[0]
        return ["keys" if tag.startswith(".") or not tag else tag]

    def _insert_field_validators(self, field: Any, schema: Any) -> None:
        """Add what a text may be made of, where no validator says it."""
        super()._insert_field_validators(field, schema)  # type: ignore[no-untyped-call]
        if isinstance(field, TextField):
            schema.setdefault("pattern", field.pattern)

    def _refusals(self) -> set[type[Problem]]:
        method = getattr(self.view, self.method.lower())
        refusals = {*method.refusals, problems.NotAcceptable, problems.Unavailable}
        refusals |= {problems.ValidationFailed, problems.InternalError, *_OF_GATEWAY}
        if self.view.authentication_classes:
            refusals |= {problems.NotAuthenticated, problems.InvalidToken}
            refusals |= {problems.TokenExpired}
        if self.view.allow.get(self.method, EVERYBODY) != EVERYBODY:
            refusals |= {problems.PermissionDenied}
        if self.method in {"POST", "PATCH"}:
            refusals |= {problems.MalformedJson, problems.PayloadTooLarge}
            refusals |= {problems.UnsupportedMediaType}
        if "{" in self.path:
            refusals |= {problems.NotFound}
        return refusals


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Access tokens in the `Authorization` header."""

    target_class = "chassis.authentication.UserAuthentication"
    match_subclasses = True
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """This function will describe the scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class DocumentView(OpenView):
    """The service's own document, made once a process."""

    schema = None

    def get(self, request: Request) -> JsonAnswer:
        """This function will answer with the OpenAPI document as JSON."""
        return JsonAnswer(_document(), headers={"Cache-Control": "no-cache"})


@cache
def _document() -> Any:
    return SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]


def request_header(name: str, text: str, *, pattern: str) -> OpenApiParameter:
    """This function will describe an optional header of a request."""
    schema = {"type": "string", "pattern": pattern}
    return _header(name, text, response=False, schema=schema)


def _header(
    name: str, text: str, *, response: Any, schema: Any = str
) -> OpenApiParameter:
    return OpenApiParameter(
        name, schema, OpenApiParameter.HEADER, description=text, response=response
    )


@cache
def _page_of(answer: Any) -> Any:
    name = answer.__name__.removesuffix("Answer")
    # A field each: one that two names share would be told of under the second alone.
    links = {
        link: serializers.URLField(allow_null=True) for link in ("next", "previous")
    }
    return inline_serializer(f"{name}Page", {**links, "results": answer(many=True)})


def _problem_answer(group: list[type[Problem]]) -> OpenApiResponse:
    group = sorted(group, key=lambda problem: problem.code)
    examples = [
        OpenApiExample(
            problem.code,
            value={
                "type": "/problems/" + problem.code.replace("_", "-"),
                "title": problem.title,
                "status": problem.status_code,
                "code": problem.code,
                "detail": problem.title,
                "request_id": "f2b0c9d6a1e84b7c",
            },
            media_type=MEDIA_TYPE,
        )
        for problem in group
    ]
    description = "; ".join(f"`{p.code}`: {p.title}" for p in group)
    return OpenApiResponse(ProblemAnswer, description=description, examples=examples)
