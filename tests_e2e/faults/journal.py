"""What clients wanted, and what they were told: written down before and after."""

import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an operation is; those of promo_service carry an Idempotency-Key."""

    USE = "use"
    USE_ALL = "use from all"
    GRANT = "grant"
    BULK = "bulk grant"
    REVERSE = "reverse"
    USER = "change of a user"


@dataclass
class Operation:
    """One thing that somebody wants to happen once, however often they must ask."""

    kind: Kind
    actor_id: str
    method: str
    path: str
    body: Any = None
    # The refusal that a repetition gets because the first attempt took effect.
    done_before: str = ""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    attempts: int = 0
    status: int = 0
    answer: Any = None
    replayed: bool = False

    @property
    def acknowledged(self) -> bool:
        """Whether the client was told that it has happened."""
        if self.attempts > 1 and self.code == self.done_before != "":
            return True
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the client was told that it won't happen."""
        return self.status != 0 and not self.acknowledged

    @property
    def code(self) -> str:
        """The code of a refusal, empty without one."""
        is_problem = self.status >= 400 and isinstance(self.answer, dict)
        return str(self.answer.get("code", "")) if is_problem else ""


@dataclass
class Journal:
    """Every operation, from before its first attempt on."""

    _operations: list[Operation] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    faults: list[str] = field(default_factory=list)

    def intend(self, operation: Operation) -> Operation:
        """Write down what somebody is about to ask for."""
        with self._lock:
            self._operations.append(operation)
        return operation

    def complain(self, fault: str) -> None:
        """Write down an answer that no client should get."""
        with self._lock:
            self.faults.append(fault)

    def __iter__(self) -> Iterator[Operation]:
        """Yield the operations in the order in which they were intended."""
        with self._lock:
            return iter(list(self._operations))

    def of(self, *kinds: Kind) -> list[Operation]:
        """Return the operations of these kinds."""
        return [operation for operation in self if operation.kind in kinds]

    def count_acknowledged(self) -> int:
        """Return how many have happened, as far as clients know."""
        return sum(operation.acknowledged for operation in self)


def tally(operations: Iterable[Operation]) -> Counter[str]:
    """Return how many were acknowledged, refused, retried, and answered again."""
    counts: Counter[str] = Counter()
    for operation in operations:
        counts["asked"] += 1
        counts["acknowledged"] += operation.acknowledged
        counts["refused"] += operation.refused
        counts["undecided"] += operation.status == 0
        counts["retried"] += operation.attempts > 1
        counts["replayed"] += operation.replayed
    return counts
