"""A promo's status, which follows from its columns and the time."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Status(StrEnum):
    """What a promo is to its holder; the first that fits, in this order."""

    INACTIVE = "inactive"
    SCHEDULED = "scheduled"
    EXPIRED = "expired"
    USED_UP = "used_up"
    ACTIVE = "active"


class Standing(Protocol):
    """What decides a status: of the model, and of a row that was read without it."""

    @property
    def is_active(self) -> bool:
        """What administrators switch."""

    @property
    def start_time(self) -> datetime:
        """From when it may be used."""

    @property
    def end_time(self) -> datetime | None:
        """From when on it may not."""

    @property
    def remaining_points(self) -> int:
        """What is left."""


def standing_of(promo: Standing, now: datetime) -> Status:
    """This function will say what the promo is at `now`, an aware time."""
    if not promo.is_active:
        return Status.INACTIVE
    if now < promo.start_time:
        return Status.SCHEDULED
    if promo.end_time is not None and now >= promo.end_time:
        return Status.EXPIRED
    return Status.ACTIVE if promo.remaining_points else Status.USED_UP
