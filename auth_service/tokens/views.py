"""Refresh, log out, the key set, and tokens of services."""

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request

from auth_service.tokens.clients import authenticate_client
from auth_service.tokens.issuing import issue_service_token
from auth_service.tokens.keys import key_folder
from auth_service.tokens.serializers import (
    KeySetAnswer,
    RefreshRequest,
    ServiceTokenRequest,
    TokenAnswer,
    present_pair,
)
from auth_service.tokens.services import log_out, refresh_session
from chassis.answers import JsonAnswer
from chassis.openapi import operation
from chassis.problems import InvalidToken, TokenExpired, Unavailable
from chassis.views import OpenView


class TokenRefresh(OpenView):
    """The next tokens of a session."""

    @operation(
        "refresh_token",
        body=RefreshRequest,
        answer=TokenAnswer,
        refusals=[InvalidToken, TokenExpired],
        examples={"the last one": {"refresh": "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmVk"}},
    )
    def post(self, request: Request) -> JsonAnswer:
        """This function will spend a refresh token and answer with new ones."""
        body = self.body(RefreshRequest)
        pair = refresh_session(refresh=body["refresh"], now=timezone.now())
        return JsonAnswer(present_pair(pair))


class Logout(OpenView):
    """The end of a session."""

    @operation(
        "logout",
        body=RefreshRequest,
        status=204,
        refusals=[InvalidToken, TokenExpired],
        examples={"the last one": {"refresh": "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmVk"}},
    )
    def post(self, request: Request) -> JsonAnswer:
        """This function will end the session that the refresh token stands for."""
        body = self.body(RefreshRequest)
        log_out(refresh=body["refresh"], now=timezone.now())
        return JsonAnswer(status=204)


class Jwks(OpenView):
    """The key set (RFC 7517), for whoever checks tokens."""

    @operation("jwks", answer=KeySetAnswer)
    def get(self, request: Request) -> JsonAnswer:
        """Answer with every key, also of times to come; never with none."""
        keys = [key.as_jwk() for key in key_folder().list_keys()]
        if not keys:
            raise Unavailable("There is no key just now.")
        return JsonAnswer(
            {"keys": keys}, headers={"Cache-Control": "public, max-age=60"}
        )


class ServiceTokens(OpenView):
    """Tokens by which another service may call this one."""

    def post(self, request: Request) -> JsonAnswer:
        """This function will answer with a service token for this service."""
        body = self.body(ServiceTokenRequest)
        authenticate_client(**body)
        issued = issue_service_token(
            client_id=body["client_id"], audience=settings.SERVICE
        )
        return JsonAnswer(issued)
