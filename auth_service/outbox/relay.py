"""The relay: takes users of whom something is due, sends, and keeps what was answered.

Each user's events are sent as one, by a thread of their own, so that one whose event is
slow or fails holds up no other. This thread alone speaks with the database. Events are
sent at least once: whatever ends the relay in between, they are due again.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    Future,
    ThreadPoolExecutor,
    wait,
)
from dataclasses import dataclass, field
from itertools import chain
from uuid import UUID

import structlog

from auth_service.outbox import services
from auth_service.outbox.completing import EndOfResync
from auth_service.outbox.models import UserEvent
from auth_service.outbox.sending import (
    Message,
    NotReached,
    NotTaken,
    TooSlow,
    send,
)
from auth_service.outbox.taking import LANES, EventsOfUsers, Lane, give_back, take

logger = structlog.get_logger("relay")

ARRIVED = frozenset({"applied", "outdated"})
# Each user's state as it is now, by id: what an event says beside its own id.
Tell = Callable[[Collection[UUID]], Mapping[UUID, Message]]


@dataclass
class Report:
    """What became of events."""

    taken: int = 0
    delivered: int = 0
    put_off: int = 0
    set_aside: int = 0
    reached: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class _Sending:
    """One request: some users and their events, and when it began."""

    lane: Lane
    users: EventsOfUsers
    began: float = field(default_factory=time.perf_counter)

    @property
    def events(self) -> list[UserEvent]:
        return [event for events in self.users.values() for event in events]


class Relay:
    """Sends what is due by a few threads, and records what came of it by its own."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        senders = sum(lane.senders for lane in LANES) + 1
        self._pool = ThreadPoolExecutor(senders, thread_name_prefix="sender")
        self._in_hand: dict[Future[list[str]], _Sending] = {}
        self._end_of_resync = EndOfResync(self._pool)

    def step(self, patience: float) -> Report:
        """Begin what is due and finish what has been answered.

        Waits for no more than the first answer, and so many seconds at most. Raises
        what the database raises; then what was taken is due again in some seconds.
        """
        report = Report()
        self._begin(report)
        self._finish(report, patience, FIRST_COMPLETED)
        self._end_of_resync.step()
        return report

    def deliver(self) -> Report:
        """Send what is due, as much as there are senders, and wait for all answers."""
        report = Report()
        self._begin(report)
        self.finish(report)
        self._end_of_resync.tell()
        return report

    def finish(self, report: Report | None = None) -> None:
        """Wait for all that is under way, and record it. Each answer has its time."""
        self._finish(report or Report(), None, ALL_COMPLETED)

    @property
    def has_in_hand(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self._in_hand)

    def _begin(self, report: Report) -> None:
        for lane in LANES:
            under_way = [each for each in self._in_hand.values() if each.lane is lane]
            places = lane.senders - len(under_way)
            if places > 0:
                taken = take(lane, places * lane.users_at_once)
                report.taken += sum(map(len, taken.values()))
                for users in _divided(taken, lane.users_at_once):
                    self._send(_Sending(lane, users))

    def _send(self, sending: _Sending) -> None:
        told = self._tell(sending.users.keys())
        messages = [
            told[user_id] | {"id": str(events[-1].id)}
            for user_id, events in sending.users.items()
        ]
        seconds = sending.lane.read_seconds
        future = self._pool.submit(lambda: send(messages, read_seconds=seconds))
        self._in_hand[future] = sending

    def _finish(self, report: Report, patience: float | None, until: str) -> None:
        done = wait(self._in_hand, timeout=patience, return_when=until).done
        began = [self._in_hand[future].began for future in done]
        ended = [(self._in_hand.pop(future), future) for future in done]
        failed: list[tuple[_Sending, NotTaken]] = []
        answered: list[tuple[list[UserEvent], str]] = []
        for sending, future in ended:
            try:
                codes = future.result()
            except NotReached as error:
                give_back(sending.events)
                self._report_down(report, error)
            except NotTaken as error:
                failed.append((sending, error))
            else:
                answered += zip(sending.users.values(), codes, strict=True)
        self._keep(answered, report)
        for sending, reason in failed:
            self._put_off(sending, reason, report)
        if began:
            milliseconds = round(1000 * (time.perf_counter() - min(began)), 1)
            logger.info("user_events", **vars(report), milliseconds=milliseconds)

    def _keep(
        self, answered: list[tuple[list[UserEvent], str]], report: Report
    ) -> None:
        # What arrived comes first: it tells whether a failure is an event's own.
        for arrived in ARRIVED:
            told = [events for events, code in answered if code == arrived]
            if events := list(chain.from_iterable(told)):
                services.mark_delivered(events, code=arrived)
                report.delivered += len(events)
        for events, code in answered:
            if code == "invalid":
                services.set_aside(events, code=code, text="it can't be read there")
                report.set_aside += 1
            elif code not in ARRIVED:
                text = "it did not work this time"
                self._count(services.put_off(events, code=code, text=text), report)

    def _put_off(self, sending: _Sending, error: NotTaken, report: Report) -> None:
        """Put off what was not taken; of several users it may be any one's."""
        code = "too_slow" if isinstance(error, TooSlow) else "not_taken"
        if len(sending.users) > 1:
            services.send_alone(sending.events, code=code)
            report.put_off += len(sending.users)
            return
        [events] = sending.users.values()
        if services.others_went_through(events):
            for_good = services.put_off(events, code=code, text=str(error))
            self._count(for_good, report)
            return
        # Perhaps it isn't about the user at all: others get their turn first.
        if isinstance(error, TooSlow):
            services.postpone(events, code=code)
            report.put_off += 1
        else:
            services.postpone(events, code=None)
            self._report_down(report, error)

    @staticmethod
    def _count(for_good: bool, report: Report) -> None:  # noqa: FBT001  # private
        if for_good:
            report.set_aside += 1
        else:
            report.put_off += 1

    @staticmethod
    def _report_down(report: Report, error: Exception) -> None:
        report.reached = False
        logger.warning("user_events_not_sent", reason=str(error))


def _divided(taken: EventsOfUsers, users_at_once: int) -> Iterator[EventsOfUsers]:
    users = list(taken)
    for start in range(0, len(users), users_at_once):
        part = users[start : start + users_at_once]
        yield {user_id: taken[user_id] for user_id in part}
