"""Who is calling: bearer tokens (RFC 6750) of users and of services."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from chassis.problems import InvalidToken, NotAuthenticated
from chassis.tokens import Caller, RememberedCallers, ServiceToken, verify

remembered = RememberedCallers()


def bearer_token(request: Request) -> str:
    """This function will return the token of the `Authorization` header.

    Raises NotAuthenticated where there is none and InvalidToken where it is no token.
    """
    header: str = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticated
    token = token.strip(" ")
    if not token or not token.isascii() or " " in token:
        raise InvalidToken
    return token


class UserAuthentication(BaseAuthentication):
    """Makes the verified Caller `request.user`."""

    def authenticate(self, request: Request) -> tuple[Any, str]:
        """This function will return the caller and the token, or raise a 401."""
        token = bearer_token(request)
        return self.admit(remembered.verify(token)), token

    def admit(self, caller: Caller) -> Any:
        """This function will let a service look closer at a caller, or refuse them."""
        return caller


class ServiceAuthentication(BaseAuthentication):
    """Lets in a service whose token is for this one; `request.user` is its name."""

    def authenticate(self, request: Request) -> tuple[Any, str]:
        """This function will return the client and the token, or raise a 401."""
        token = bearer_token(request)
        return verify(ServiceToken, token)["sub"], token
