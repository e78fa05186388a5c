"""Too many wrong passwords lock the pair of a name and a client address (django-axes).

Never a name alone, which would lock its owner out, nor an address alone, which may be
many people's. Names that nobody has are locked alike. Of the name a keyed hash is
kept: people type passwords there, too.
"""

import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from chassis.problems import Throttled

logger = structlog.get_logger("lockout")

_NETWORK_OF_ONE_CLIENT = 64  # of an IPv6 address; whoever has one has them all


class LockedOut(Throttled):
    """The pair is locked; `wait` are the seconds that remain."""

    def __init__(self, wait: float) -> None:
        super().__init__("Too many wrong passwords. Try again later.")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Pair:
    """Who is named, in any case, and from where."""

    username: str
    address: str

    @property
    def credentials(self) -> dict[str, str]:
        """What axes knows of the name."""
        return {"username": hide_name(self.username)}

    def request(self, now: datetime) -> HttpRequest:
        """This function will return a request that tells axes this and nothing else."""
        request = HttpRequest()
        known: dict[str, Any] = {
            "axes_updated": True,
            "axes_attempt_time": now,
            "axes_ip_address": _client_of(self.address),
            "axes_user_agent": "",
            "axes_path_info": "",
            "axes_http_accept": "",
            "axes_failures_since_start": None,
            "axes_locked_out": False,
            "axes_credentials": None,
        }
        vars(request).update(known)
        return request


_FAILURES = """
SELECT COALESCE(sum(failures_since_start), 0) FROM axes_accessattempt
WHERE username = %(username)s AND ip_address = %(address)s AND attempt_time >= %(since)s
"""


class PairHandler(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """axes' own, which would look at everybody's rows at each failure.

    It is asked twice at each log-in, so its question is not put together anew.
    """

    def get_failures(
        self, request: HttpRequest, credentials: dict[str, str] | None = None
    ) -> int:
        """This function will return the failures that have not cooled off."""
        moment: datetime = request.axes_attempt_time  # type: ignore[attr-defined]
        values = {
            "username": (credentials or {})["username"],
            "address": request.axes_ip_address,  # type: ignore[attr-defined]
            "since": moment - settings.AXES_COOLOFF_TIME,
        }
        with connection.cursor() as cursor:
            cursor.execute(_FAILURES, values)
            return int(cursor.fetchone()[0])

    def clean_expired_user_attempts(
        self, request: HttpRequest | None = None, credentials: Any = None
    ) -> int:
        """This function will begin the pair's count anew once it has cooled off."""
        if request is None:
            return 0
        expired = list_expired(now=request.axes_attempt_time)  # type: ignore[attr-defined]
        [own] = self.filter_user_attempts(request, credentials)
        return int(expired.filter(id__in=own.values("id")).delete()[0])


def refuse_locked(pair: Pair, *, now: datetime) -> None:
    """This function will raise LockedOut if the pair is locked; hash nothing before."""
    if AxesProxyHandler.is_locked(pair.request(now), pair.credentials):
        raise LockedOut(_remaining_seconds(pair, now))


def count_failure(pair: Pair, *, now: datetime) -> None:
    """This function will count a wrong password of the pair.

    Raises LockedOut where others were counted meanwhile that locked it: of guesses
    made at once, no more are told wrong than of those made one by one.
    """
    request = pair.request(now)
    AxesProxyHandler.user_login_failed(__name__, pair.credentials, request)
    failures: int = request.axes_failures_since_start  # type: ignore[attr-defined]
    if failures == settings.AXES_FAILURE_LIMIT:
        logger.warning("pair_locked")
    if failures > settings.AXES_FAILURE_LIMIT:
        raise LockedOut(_remaining_seconds(pair, now))


def admit(pair: Pair, *, now: datetime) -> None:
    """This function will begin the pair's count anew after a right password.

    Raises LockedOut where the pair was locked while the password was compared.
    """
    request = pair.request(now)
    failures = AxesProxyHandler.get_failures(request, pair.credentials)
    if failures >= settings.AXES_FAILURE_LIMIT:
        raise LockedOut(_remaining_seconds(pair, now))
    if failures:
        AxesProxyHandler.get_implementation().reset_user_attempts(
            request, pair.credentials
        )


def forget_name(username: str) -> None:
    """This function will forget the failures of a name, wherever they came from."""
    AccessAttempt.objects.filter(username=hide_name(username)).delete()


def list_expired(*, now: datetime) -> QuerySet[Any]:
    """This function will return the rows that have cooled off and lock nobody."""
    limit = now - settings.AXES_COOLOFF_TIME
    rows: QuerySet[Any] = AccessAttempt.objects.filter(attempt_time__lt=limit)
    return rows


def hide_name(username: str) -> str:
    """This function will return what is kept of a name: the same in any case."""
    salt = "auth_service.accounts.lockout"
    return salted_hmac(salt, username.lower(), algorithm="sha256").hexdigest()


def _client_of(address: str) -> str:
    """Return what stands for one client; all that is no address is one client, too."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "::"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    network = ipaddress.IPv6Network((int(found), _NETWORK_OF_ONE_CLIENT), strict=False)
    return str(network.network_address)


def _remaining_seconds(pair: Pair, now: datetime) -> int:
    [attempts] = AxesProxyHandler.get_implementation().get_user_attempts(
        pair.request(now), pair.credentials
    )
    last = attempts.order_by("-attempt_time").first()
    if last is None:
        return 1
    until: datetime = last.attempt_time + settings.AXES_COOLOFF_TIME
    return max(1, math.ceil((until - now).total_seconds()))
