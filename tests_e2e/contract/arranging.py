"""Makes true what is well formed in a made-up request, and leaves alone what is not.

A document says which requests are well formed, but not which users, promos, passwords
and cursors there are. Once those exist, what is wrong with a request is what was meant
to be, and whatever is meant to succeed can.
"""

import random
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unicodedata import combining, normalize
from uuid import UUID

from tests_e2e.contract.world import World

Body = dict[str, Any]

_CODE = re.compile(r"[!-~]{1,50}")
_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,48}[A-Za-z0-9]")
# What deceives readers, which Unicode's properties say and no pattern can.
_DECEIVING = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_PLAIN = re.compile(r"[^A-Za-z0-9 .,'-]")
_MOBILE_NUMBER = re.compile(r"\+[1-9][0-9]{1,14}")
_REAL_NUMBERS = ("+201001234567", "+14155552671", "+442079460958", "+81312345678")
_STRONG = "kT7-qz_9wX"  # what a password of any length can start with and be accepted
_UNIQUE = 12
_TAKES_TEXT_AS_IT_IS = {"obtain_token", "refresh_token", "logout"}
_CHANGES_USER = {"change_password", "modify_me"}
_CHANGES_TARGET = {"modify_user", "delete_user"}


class Arranger:
    """Changes requests before they are sent, and hears what came of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._bodies: dict[str, Callable[[Body], None]] = {
            "Create_promo": self._arrange_grant,
            "Create_promos": self._arrange_grants,
            "Modify_promo": self._arrange_promo,
            "register": self._arrange_new_user,
            "create_user": self._arrange_new_user,
            "modify_me": self._arrange_user,
            "modify_user": self._arrange_user,
            "set_password": self._arrange_passwords,
            "change_password": self._arrange_passwords,
            "obtain_token": self._arrange_log_in,
            "refresh_token": self._arrange_session,
            "logout": self._arrange_session,
        }

    def arrange(self, case: Any) -> None:
        """Make a request true; whoever or whatever it is about can be used up by it."""
        operation_id = case.operation.definition.raw["operationId"]
        self._arrange_path(case.path_parameters or {}, operation_id)
        self._arrange_headers(case.headers)
        if isinstance(case.query, dict):
            self._arrange_query(case)
        if operation_id not in _TAKES_TEXT_AS_IT_IS:
            self._trim_all(case)
        if isinstance(case.body, dict) and operation_id in self._bodies:
            _show_all(case.body)
            self._bodies[operation_id](case.body)

    @staticmethod
    def _trim_all(case: Any) -> None:
        for name in ("query", "body"):
            if isinstance(value := getattr(case, name), dict | list):
                setattr(case, name, _trim(value))

    def learn(self, operation_id: str, status: int) -> None:
        """Replace whom a request has changed for good."""
        if not 200 <= status < 300:
            return
        if operation_id in _CHANGES_USER:
            self._world.replace_user()
        elif operation_id in _CHANGES_TARGET:
            self._world.replace_target()

    def _arrange_path(self, parameters: dict[str, Any], operation_id: str) -> None:
        reverses = operation_id == "Reverse_redemption"
        existing: dict[str, Callable[[], str]] = {
            "promo_id": self._world.grant_promo,
            # What was given back once can't be again.
            "redemption_id": lambda: (
                self._world.redeem() if reverses else self._world.redemption_id
            ),
            "user_id": lambda: self._world.target_id,
        }
        for name, value in parameters.items():
            if _is_id(value):
                parameters[name] = existing[name]()

    @staticmethod
    def _arrange_headers(headers: Any) -> None:
        key = headers.get("Idempotency-Key") if headers else None
        if isinstance(key, str) and re.fullmatch(r"[!-~]{1,255}", key):
            headers["Idempotency-Key"] = _lengthen(key, 255)

    def _arrange_query(self, case: Any) -> None:
        if "cursor" in case.query:
            self._arrange_cursor(case)
        moment = _read(case.query.get("as_of"))
        if moment is not None and moment > datetime.now(UTC):
            case.query["as_of"] = "2026-01-01T00:00:00Z"
        if "from" in case.query:
            _make_short(case.query)

    def _arrange_cursor(self, case: Any) -> None:
        """Go on where this very list does; the end of it takes no cursor."""
        if not isinstance(case.query["cursor"], str):
            return
        cursor = self._world.find_cursor(case.formatted_path, case.query)
        if cursor is None:
            del case.query["cursor"]
        else:
            case.query["cursor"] = cursor

    def _arrange_grants(self, body: Body) -> None:
        rows = body.get("promos")
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict):
                self._arrange_grant(row)

    def _arrange_grant(self, body: Body) -> None:
        if _is_text(body.get("username"), 1, 50):
            body["username"] = self._world.holder.username
        if _is_id(body.get("user_id")):
            body["user_id"] = self._world.holder_id
        _replace(body, "promo_code", _CODE, lambda code: _lengthen(code, 50))
        if isinstance(body.get("allow_ended", False), bool):
            body["allow_ended"] = True  # ends are any times, and past ones are refused
        _put_in_order(body)

    @staticmethod
    def _arrange_promo(body: Body) -> None:
        _replace(body, "promo_code", _CODE, _make_unique)
        _put_in_order(body)

    def _arrange_new_user(self, body: Body) -> None:
        _replace(body, "username", _USERNAME, _make_unique)
        self._arrange_user(body)
        self._arrange_passwords(body)

    @staticmethod
    def _arrange_user(body: Body) -> None:
        if _is_text(body.get("name"), 1, 150):
            plain = _PLAIN.sub("", body["name"])
            body["name"] = ("N" + plain)[: len(body["name"])].strip()
        _replace(
            body,
            "mobile_number",
            _MOBILE_NUMBER,
            lambda _: random.choice(_REAL_NUMBERS),
        )

    def _arrange_passwords(self, body: Body) -> None:
        if _is_text(body.get("current_password"), 1):
            body["current_password"] = self._world.user.password
        for name in ("password", "new_password"):
            if _is_text(body.get(name), 12, 128):
                # Normalised it may be shorter, and control characters are refused.
                plain = "".join(map(_make_plain, body[name]))
                body[name] = _STRONG + plain[len(_STRONG) :]

    def _arrange_log_in(self, body: Body) -> None:
        for name in ("username", "password"):
            if _is_text(body.get(name), 1):
                body[name] = getattr(self._world.user, name)

    def _arrange_session(self, body: Body) -> None:
        if _is_text(body.get("refresh"), 1):
            body["refresh"] = self._world.user.log_in().refresh


def _trim(value: Any) -> Any:
    """Return what no document can tell from it: texts trimmed, no `5.0` for a 5."""
    if isinstance(value, dict):
        return {name: _trim(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_trim(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.strip() if isinstance(value, str) else value


def _show_all(body: Body) -> None:
    """Take out what free text may not hold, and what stacks on other letters."""
    for name, value in body.items():
        if isinstance(value, str) and "password" not in name:
            text = "".join(c for c in normalize("NFC", value) if not combining(c))
            shown = _DECEIVING.sub("", text).strip()
            body[name] = shown or value


def _make_plain(letter: str) -> str:
    return letter if letter.isprintable() and not combining(letter) else "x"


def _is_text(value: Any, shortest: int, longest: int | None = None) -> bool:
    if not isinstance(value, str) or len(value) < shortest:
        return False
    return longest is None or len(value) <= longest


def _is_id(value: Any) -> bool:
    with suppress(ValueError):
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    return False


def _replace(
    body: Body, name: str, pattern: re.Pattern[str], change: Callable[[str], str]
) -> None:
    value = body.get(name)
    if isinstance(value, str) and pattern.fullmatch(value):
        body[name] = change(value)


def _make_unique(text: str) -> str:
    """Return a text of the same length that was most likely never used."""
    kept = text[: -min(len(text), _UNIQUE)]
    return kept + secrets.token_hex(_UNIQUE)[: len(text) - len(kept)]


def _lengthen(text: str, longest: int) -> str:
    """Return a text that was never used, as long as it may be if it was long."""
    return (secrets.token_hex(_UNIQUE) + text)[:longest]


def _put_in_order(body: Body) -> None:
    """Have a promo end after it starts, and no start be left to the present."""
    start, end = _read(body.get("start_time")), _read(body.get("end_time"))
    if end is None:
        return
    if start is None and "start_time" not in body:
        body["start_time"] = "1900-01-01T00:00:00Z"
        start = _read(body["start_time"])
    if start == end:
        del body["end_time"]
    elif start is not None and start > end:
        times = body["start_time"], body["end_time"]
        body["end_time"], body["start_time"] = times


def _make_short(query: dict[str, Any]) -> None:
    """Have a timeline end after it starts, and within a year."""
    first, last = _read_day(query["from"]), _read_day(query.get("to"))
    if first is None or (last is None and "to" in query):
        return
    if last is None or not timedelta(0) <= last - first < timedelta(days=366):
        query["to"] = query["from"]


def _read_day(value: Any) -> date | None:
    with suppress(ValueError, TypeError):
        return date.fromisoformat(value)
    moment = _read(value)
    with suppress(OverflowError):
        return moment.astimezone(UTC).date() if moment else None
    return None


def _read(value: Any) -> datetime | None:
    with suppress(ValueError, TypeError):
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else None
    return None
