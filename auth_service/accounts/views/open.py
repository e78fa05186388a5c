"""Open to all: register and log in."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from auth_service.accounts.serializers import (
    ObtainTokenRequest,
    RegisterRequest,
    UserAnswer,
)
from auth_service.accounts.services.creating import create_user
from auth_service.accounts.services.passwords import log_in
from auth_service.tokens.serializers import TokenAnswer
from chassis.roles import Role
from chassis.views import OpenView


class Register(OpenView):
    """An account for anybody who asks."""

    @extend_schema(
        operation_id="register",
        request=RegisterRequest,
        responses={201: UserAnswer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """This function will make a normal user."""
        user = create_user(
            **self.body(RegisterRequest),
            role=Role.NORMAL,
            actor_id=None,
            now=timezone.now(),
        )
        return Response(UserAnswer(user).data, status=201)


class ObtainToken(OpenView):
    """A log-in."""

    @extend_schema(
        operation_id="obtain_token",
        request=ObtainTokenRequest,
        responses=TokenAnswer,
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """This function will begin a session and answer with its first tokens."""
        pair = log_in(**self.body(ObtainTokenRequest), now=timezone.now())
        return Response(TokenAnswer(pair).data)
