"""What auth_service's relay tells of users, on the internal port alone."""

import logging
from typing import Any

from django.db import DataError
from rest_framework.request import Request

from chassis.answers import JsonAnswer
from chassis.database_errors import is_passing
from chassis.problems import PermissionDenied
from chassis.serializers import ListField, StrictSerializer
from chassis.views import ServiceView
from promo_service.holders.directory import NOT_A_USER
from promo_service.promos.metrics import USER_EVENTS
from promo_service.promos.services.following_users import (
    Outcome,
    UserEvent,
    apply_user_event,
)

logger = logging.getLogger(__name__)

TELLER = "auth_service"
MOST_EVENTS = 500
# The longest name with every character escaped takes half of it.
LARGEST_EVENT = 4 * 1024
for _code in Outcome:
    USER_EVENTS.labels(_code.value)


class UserEventsRequest(StrictSerializer):
    """Events; each is read by itself, so that a bad one holds up none."""

    events = ListField(max_length=MOST_EVENTS)


class UserEvents(ServiceView):
    """Users that have changed."""

    own_largest_body = MOST_EVENTS * LARGEST_EVENT

    def post(self, request: Request) -> JsonAnswer:
        """This function will apply each event and say what became of it, in order."""
        if str(request.user) != TELLER:
            raise PermissionDenied
        told = self.body(UserEventsRequest)["events"]
        return JsonAnswer({"results": [_apply(each) for each in told]})


def _apply(told: Any) -> dict[str, Any]:
    event_id = told.get("id") if isinstance(told, dict) else None
    code = _outcome(told)
    USER_EVENTS.labels(code.value).inc()
    return {"id": event_id, "code": code}


def _outcome(told: Any) -> Outcome:
    try:
        event = UserEvent.read(told)
    except NOT_A_USER:
        logger.exception("user_event_invalid")
        return Outcome.INVALID
    try:
        return apply_user_event(event)
    except DataError:  # too long or too large: no try will store it
        logger.exception("user_event_invalid")
        return Outcome.INVALID
    except Exception as error:
        if is_passing(error):
            raise  # the database's trouble, and not this event's: all come again
        logger.exception("user_event_failed")
        return Outcome.FAILED
