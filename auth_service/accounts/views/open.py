"""Open to all: register and log in."""

from django.utils import timezone
from rest_framework.request import Request

from auth_service.accounts.metrics import log_in_counted
from auth_service.accounts.serializers import (
    ObtainTokenRequest,
    RegisterRequest,
    UserAnswer,
)
from auth_service.accounts.services.creating import UsernameTaken, create_user
from auth_service.accounts.services.passwords import log_in
from auth_service.accounts.views.base import client_address
from auth_service.tokens.clients import InvalidCredentials
from auth_service.tokens.serializers import TokenAnswer, present_pair
from chassis.answers import JsonAnswer
from chassis.openapi import operation
from chassis.problems import Throttled
from chassis.roles import Role
from chassis.views import OpenView


class Register(OpenView):
    """An account for anybody who asks."""

    @operation(
        "register",
        body=RegisterRequest,
        answer=UserAnswer,
        status=201,
        refusals=[UsernameTaken],
        examples={
            "a customer": {
                "username": "mona",
                "password": "a long pass phrase",
                "name": "Mona Hassan",
                "mobile_number": "+201001234567",
            }
        },
    )
    def post(self, request: Request) -> JsonAnswer:
        """This function will make a normal user."""
        user = create_user(
            **self.body(RegisterRequest),
            role=Role.NORMAL,
            actor_id=None,
            now=timezone.now(),
        )
        return JsonAnswer(UserAnswer(user).data, status=201)


class ObtainToken(OpenView):
    """A log-in."""

    @operation(
        "obtain_token",
        body=ObtainTokenRequest,
        answer=TokenAnswer,
        refusals=[InvalidCredentials, Throttled],
        examples={"a log-in": {"username": "mona", "password": "a long pass phrase"}},
    )
    def post(self, request: Request) -> JsonAnswer:
        """This function will begin a session and answer with its first tokens."""
        body = self.body(ObtainTokenRequest)
        with log_in_counted():
            pair = log_in(**body, address=client_address(request), now=timezone.now())
        return JsonAnswer(present_pair(pair))
