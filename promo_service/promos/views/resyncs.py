"""What auth_service asks before a resync, and its end; on the internal port alone."""

import logging

from rest_framework import serializers
from rest_framework.request import Request

from chassis.answers import JsonAnswer
from chassis.problems import PermissionDenied
from chassis.serializers import StrictSerializer
from chassis.views import ServiceView
from promo_service.holders.resyncs import NotAllNamed, highest_known, suspend_unnamed
from promo_service.promos.views.user_events import TELLER

logger = logging.getLogger(__name__)
_HIGHEST = 2**63 - 1


class _OfAuthService(ServiceView):
    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        if str(request.user) != TELLER:
            raise PermissionDenied


class KnownVersions(_OfAuthService):
    """What a restored database must be past."""

    def post(self, request: Request) -> JsonAnswer:
        """Answer with the highest version and epoch that were ever told."""
        self.body(StrictSerializer)
        version, epoch = highest_known()
        return JsonAnswer({"version": version, "epoch": epoch})


class ListCompleteRequest(StrictSerializer):
    """A resync has named all users, and how many they are."""

    epoch = serializers.IntegerField(min_value=1, max_value=_HIGHEST)
    users = serializers.IntegerField(min_value=0, max_value=_HIGHEST)


class ListComplete(_OfAuthService):
    """The end of a resync."""

    def post(self, request: Request) -> JsonAnswer:
        """Suspend whom it did not name; `more` asks for another request."""
        said = self.body(ListCompleteRequest)
        try:
            suspended = suspend_unnamed(**said)
        except NotAllNamed:
            logger.warning("resync_incomplete")
            return JsonAnswer({"code": "incomplete", "suspended": 0})
        code = "complete" if suspended.is_complete else "more"
        return JsonAnswer({"code": code, "suspended": suspended.users})
