"""A rush of 300 log-ins through the gateway, and what everybody else saw of it."""

import time

from local.console import say
from local.stack import Stack
from tests_e2e.people import register
from tests_e2e.rush import WIDE_RATES, Others, Rush

_SIZE = 300
_QUIET_SECONDS = 5
# On a quiet machine; where other work has the cores, several times the quiet figure.
_LIMIT_SECONDS, _TIMES_QUIET = 0.25, 5


class Unfair(Exception):
    """A rush of log-ins held up those who did not log in."""


def try_a_rush() -> None:
    """Send the rush to a system of its own, and show it. Raises Unfair."""
    say(f"A rush of {_SIZE} log-ins")
    with Stack(WIDE_RATES) as stack:
        user = register(stack.base_url)
        body = {"username": user.username, "password": user.password}
        rush = Rush(stack.base_url, body)
        with Others(stack, user) as others:
            time.sleep(_QUIET_SECONDS)
            quiet = others.take_p99()
            rush.run(_SIZE)
            busy = others.take_p99()
    say(f"  answered {dict(rush.statuses)}; p99 in ms before and meanwhile:")
    wrongs = [*others.wrong]
    for name, seconds in busy.items():
        say(f"  {name:10}{quiet[name] * 1000:8.0f}{seconds * 1000:8.0f}")
        if seconds >= max(_LIMIT_SECONDS, _TIMES_QUIET * quiet[name]):
            wrongs.append(f"{name} took {seconds:.2f} s")
    if rush.statuses.keys() - {200, 503} or rush.statuses.total() != _SIZE:
        wrongs.append(f"the rush was answered {dict(rush.statuses)}")
    if wrongs:
        raise Unfair("; ".join(wrongs[:20]))
