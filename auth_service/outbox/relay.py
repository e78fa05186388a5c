"""The relay: takes what is due, sends it, and keeps what was answered.

Events are sent at least once: whatever ends the relay in between, they are due again.
Several relays share the work, since each skips what another one holds.
"""

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import transaction

from auth_service.outbox import services
from auth_service.outbox.models import UserEvent
from auth_service.outbox.sending import (
    Message,
    NotReached,
    NotTaken,
    Refused,
    TooSlow,
    send,
)

logger = structlog.get_logger("relay")

MOST_AT_ONCE = 100
# So few may be left of a batch that took too long; some must be there to tell apart.
FEWEST_AT_ONCE = 10
# A change that comes meanwhile waits for no more than these.
MOST_RESYNCED_AT_ONCE = 25
# So often in a row may a batch break something, before its events are sent one by one.
MOST_BROKEN = 3
# One by one goes on for so long: the database ends a transaction that idles for 15 s.
ONE_BY_ONE_SECONDS = 2.0
# So many failures without a success say that it is not about the events.
MOST_IN_VAIN = 10

# Each user's state as it is now, by id: what an event says beside its own id.
Tell = Callable[[Collection[UUID]], Mapping[UUID, Message]]


@dataclass
class Report:
    """What became of a batch."""

    taken: int = 0
    delivered: int = 0
    put_off: int = 0
    set_aside: int = 0
    reached: bool = True
    more_may_be_due: bool = False


class Relay:
    """Delivers batches; one that took too long is smaller the next time."""

    def __init__(self, tell: Tell, stopping: Callable[[], bool] = bool) -> None:
        self._tell = tell
        self._stopping = stopping
        self._broken = 0
        self._most = MOST_AT_ONCE

    def deliver_batch(self) -> Report:
        """This function will send what is due, 100 events at most, in a transaction.

        Raises what the database raises; then all that was sent is due again.
        """
        began = time.perf_counter()
        with transaction.atomic():
            events, full = self._take()
            report = Report(taken=len(events))
            if events:
                self._deliver(events, report)
        report.more_may_be_due = full and report.reached
        if events:
            milliseconds = round(1000 * (time.perf_counter() - began), 1)
            logger.info("user_events", **vars(report), milliseconds=milliseconds)
        return report

    def _take(self) -> tuple[list[UserEvent], bool]:
        """Return a batch, and whether it is as full as one may be."""
        due = UserEvent.objects.due().select_for_update(skip_locked=True)
        for is_resync, most in ((False, MOST_AT_ONCE), (True, MOST_RESYNCED_AT_ONCE)):
            most_now = min(most, self._most)
            events = list(due.filter(is_resync=is_resync)[:most_now])
            if events:
                return events, len(events) == most_now
        return [], False

    def _deliver(self, events: list[UserEvent], report: Report) -> None:
        told = self._tell({event.user_id for event in events})
        messages = [told[event.user_id] | {"id": str(event.id)} for event in events]
        try:
            codes = send(messages)
        except NotReached as error:
            self._report_down(report, error)
        except NotTaken as error:
            self._broken += 1
            if isinstance(error, TooSlow):
                self._most = max(FEWEST_AT_ONCE, self._most // 2)
            if isinstance(error, Refused) or self._broken >= MOST_BROKEN:
                self._deliver_one_by_one(events, messages, report)
            else:
                self._report_down(report, error)
        else:
            self._broken = 0
            self._most = min(MOST_AT_ONCE, 2 * self._most)
            self._keep(list(zip(events, codes, strict=True)), report)

    def _deliver_one_by_one(
        self, events: list[UserEvent], messages: list[Message], report: Report
    ) -> None:
        """Find out which events it is about, in any order: the first may be worst."""
        pairs = list(zip(events, messages, strict=True))
        random.shuffle(pairs)
        until = time.monotonic() + ONE_BY_ONE_SECONDS
        faulty: list[tuple[UserEvent, NotTaken]] = []
        went_through = False
        for event, message in pairs:
            in_vain = len(faulty) >= MOST_IN_VAIN and not went_through
            if in_vain or self._stopping() or time.monotonic() > until:
                break
            try:
                [code] = send([message])
            except NotReached as error:
                self._report_down(report, error)
                break
            except NotTaken as error:
                faulty.append((event, error))
            else:
                went_through = True
                self._keep([(event, code)], report)
        if went_through:
            for event, reason in faulty:
                self._put_off(event, "not_taken", str(reason), report)
        elif faulty and report.reached:
            self._report_down(report, faulty[0][1])

    def _keep(self, answered: Sequence[tuple[UserEvent, str]], report: Report) -> None:
        for arrived in ("applied", "outdated"):
            events = [event for event, code in answered if code == arrived]
            if events:
                services.mark_delivered(events, code=arrived)
                report.delivered += len(events)
        for event, code in answered:
            if code == "invalid":
                services.set_aside(event, code=code, text="it can't be read there")
                report.set_aside += 1
            elif code not in {"applied", "outdated"}:
                self._put_off(event, code, "it did not work this time", report)

    @staticmethod
    def _put_off(event: UserEvent, code: str, text: str, report: Report) -> None:
        if services.put_off(event, code=code, text=text):
            report.set_aside += 1
        else:
            report.put_off += 1

    @staticmethod
    def _report_down(report: Report, error: Exception) -> None:
        report.reached = False
        logger.warning("user_events_not_sent", reason=str(error))
