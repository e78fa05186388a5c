"""What the endpoints for users share: the caller comes with their row."""

from typing import cast

from auth_service.accounts.authentication import KnownCaller, RowAwareAuthentication
from chassis.views import ApiView


class AccountView(ApiView):
    """An endpoint of the auth service for somebody logged in."""

    authentication_classes = (RowAwareAuthentication,)

    @property
    def caller(self) -> KnownCaller:
        """Whom the request's token speaks for, as their row is now."""
        return cast("KnownCaller", self.request.user)
