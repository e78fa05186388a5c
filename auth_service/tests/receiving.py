"""promo_service as the relay sees it, and events to deliver to it."""

import json
from collections.abc import Callable
from typing import Any

from django.db.models.functions import Now

from auth_service.accounts.models import User
from auth_service.outbox.models import UserEvent

URL = "http://promo-service.invalid:8001/internal/v1/user-events"
Judge = Callable[[dict[str, Any]], str]


class PromoService:
    """Answers as promo_service would; what it is like can be changed at any time."""

    def __init__(self) -> None:
        self.requests: list[list[dict[str, Any]]] = []
        self.headers: list[Any] = []
        self.status = 200
        self.mock: Any = None  # where other paths are answered
        self.judge: Judge = lambda event: "applied"
        self.trips_over: Callable[[dict[str, Any]], int | None] = lambda event: None

    @property
    def told(self) -> list[dict[str, Any]]:
        """Every event that came, in the order of its user's id."""
        events = [event for events in self.requests for event in events]
        return sorted(events, key=lambda event: event["user_id"])

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        events = json.loads(request.body)["events"]
        self.requests.append(events)
        self.headers.append(request.headers)
        statuses = [status for event in events if (status := self.trips_over(event))]
        if self.status != 200 or statuses:
            return max([self.status, *statuses]), {}, "{}"
        results = [{"id": event["id"], "code": self.judge(event)} for event in events]
        return 200, {}, json.dumps({"results": results})


def event_of(user: User) -> UserEvent:
    return UserEvent.objects.get(user=user)


def make_due() -> None:
    """What was put off is due now."""
    UserEvent.objects.waiting().update(next_attempt_at=Now(), taken_until=None)
