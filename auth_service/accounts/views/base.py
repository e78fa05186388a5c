"""What the endpoints for users share: the caller comes with their row."""

from rest_framework.request import Request

from auth_service.accounts.authentication import KnownCaller, RowAwareAuthentication
from chassis.views import ApiView


class AccountView(ApiView):
    """An endpoint of the auth service for somebody logged in."""

    authentication_classes = (RowAwareAuthentication,)

    # As their row is now.
    caller: KnownCaller


def client_address(request: Request) -> str:
    """This function will return where a request came from, as the gateway says."""
    return str(request.META.get("HTTP_X_REAL_IP") or request.META["REMOTE_ADDR"])
