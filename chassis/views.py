"""The view that every endpoint is: roles a method, strict queries, no caching.

The order of refusal is DRF's own with the query behind it: 406, 401, 403, 405, 400.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, cast

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_405_METHOD_NOT_ALLOWED
from rest_framework.views import APIView

from chassis.authentication import ServiceAuthentication, UserAuthentication
from chassis.body_sizes import largest_body
from chassis.roles import Role
from chassis.serializers import StrictSerializer
from chassis.tokens import Caller

_CHANGING = frozenset({"PATCH", "DELETE"})
_CONDITIONS = {
    "HTTP_IF_MATCH": "If-Match",
    "HTTP_IF_NONE_MATCH": "If-None-Match",
    "HTTP_IF_UNMODIFIED_SINCE": "If-Unmodified-Since",
}


class RoleAllowed(BasePermission):
    """Lets a caller pass whose role the view allows for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """This function will say whether the caller may use the method here.

        A method that the view does not have is open to whoever may use another one:
        the answer to them is 405, to everybody else 403.
        """
        allow: Mapping[str, frozenset[Role]] = view.allow
        roles = allow.get(_method_of(request))
        if roles is None:
            roles = frozenset[Role]().union(*allow.values())
        return cast("Caller", request.user).role in roles


def _method_of(request: Request) -> str:
    method = str(request.method)
    return "GET" if method == "HEAD" else method


class ApiView(APIView):
    """An endpoint for users; `allow` says which roles may use which method."""

    format_kwarg = None
    http_method_names = ["get", "head", "post", "patch", "delete"]
    authentication_classes: Sequence[type[BaseAuthentication]] = (UserAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (RoleAllowed,)
    allow: ClassVar[Mapping[str, frozenset[Role]]] = {}
    query_serializers: ClassVar[Mapping[str, type[StrictSerializer]]] = {}
    query: dict[str, Any]
    # Whom the request's token speaks for.
    caller: Caller
    # Bytes, of an endpoint whose body is not what its serializer says.
    own_largest_body: ClassVar[int | None] = None
    # Headers that a change may depend on (RFC 9110, 13.1).
    conditions: ClassVar[frozenset[str]] = frozenset()
    # What the OpenAPI document says of a method's headers.
    header_parameters: ClassVar[Mapping[str, Sequence[Any]]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """This function will refuse what may not pass, and read the query.

        DRF's own looks for a format, a version and throttles too; none are here.
        """
        negotiated = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = negotiated
        self.caller = cast("Caller", request.user)
        self.check_permissions(request)
        method = _method_of(request)
        if not hasattr(self, method.lower()):
            return
        if method in _CHANGING:
            self._refuse_conditions(request)
        serializer_class = self.query_serializers.get(method)
        if serializer_class is None and not request.META["QUERY_STRING"]:
            self.query = {}
        else:
            kind = serializer_class or StrictSerializer
            self.query = read_valid(kind, request.query_params)

    def _refuse_conditions(self, request: Request) -> None:
        """Refuse what would be ignored: a change that was to depend on something."""
        faults = {
            name: [ErrorDetail("This header is not read here.", "not_supported")]
            for variable, name in _CONDITIONS.items()
            if variable in request.META and name not in self.conditions
        }
        if faults:
            raise ValidationError(faults)

    @property
    def largest_body(self) -> int:
        """How many bytes the body of this request may have."""
        method = getattr(self, str(self.request.method).lower(), None)
        return self.own_largest_body or largest_body(getattr(method, "reads", None))

    def body(self, serializer_class: type[StrictSerializer]) -> dict[str, Any]:
        """This function will return the validated body. Raises ValidationError."""
        return read_valid(serializer_class, self.request.data)

    @property
    def default_response_headers(self) -> dict[str, str]:
        """What DRF would say in every answer: the methods, which a 405 tells."""
        return {}

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """This function will keep answers to somebody logged in out of caches.

        Of the methods a path has, a 405 tells (RFC 9110, 15.5.6).
        """
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", "no-store")
        if final.status_code == HTTP_405_METHOD_NOT_ALLOWED:
            final.headers["Allow"] = ", ".join(self.allowed_methods)
        return final


class OpenView(ApiView):
    """An endpoint for anybody, which ignores `Authorization`."""

    authentication_classes = ()
    permission_classes = ()


class ServiceView(ApiView):
    """An endpoint for the other service, on the internal port alone."""

    authentication_classes = (ServiceAuthentication,)
    permission_classes = ()


def read_valid(serializer_class: type[StrictSerializer], sent: Any) -> dict[str, Any]:
    """This function will return what was sent, validated. Raises ValidationError."""
    return dict(_serializer(serializer_class).run_validation(sent))


@cache
def _serializer(serializer_class: type[StrictSerializer]) -> StrictSerializer:
    """One of a class will do for all threads: `run_validation` keeps nothing in it.

    To make one copies all of its fields, which takes longer than to validate.
    """
    return serializer_class()
