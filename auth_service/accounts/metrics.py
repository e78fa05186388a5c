"""What is counted of log-ins and of passwords being hashed."""

from collections.abc import Iterator
from contextlib import contextmanager

from chassis.metrics import counter, gauge
from chassis.problems import Problem

LOG_INS = counter("log_ins", "Log-ins, by outcome: succeeded or a code.", ["outcome"])
PASSWORDS_WAITING = gauge(
    "password_hashes_waiting",
    "Requests that wait until fewer passwords are hashed.",
    of_all="sum",
)
for _outcome in ("succeeded", "invalid_credentials", "throttled", "unavailable"):
    LOG_INS.labels(_outcome)


@contextmanager
def log_in_counted() -> Iterator[None]:
    """This function will count the log-in that is tried inside by its outcome."""
    try:
        yield
    except Problem as problem:
        LOG_INS.labels(problem.code).inc()
        raise
    LOG_INS.labels("succeeded").inc()
