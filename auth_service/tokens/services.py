"""Sessions begin, go on by one refresh token after another, and end."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from uuid_utils.compat import uuid7

from auth_service.tokens.issuing import (
    REFRESH_LIFETIME,
    RefreshToken,
    Subject,
    TokenPair,
    issue_pair,
)
from auth_service.tokens.models import Session
from chassis.problems import InvalidToken
from chassis.tokens import verify

SESSION_LIFETIME = timedelta(days=30)

# The rotation and the look at the user are one statement: of two refreshes at once
# one finds the id changed, and nobody suspended or deleted gets through.
_ROTATE = """
    UPDATE session
    SET current_jti = %(new_jti)s, previous_jti = current_jti, rotated_at = %(now)s
    FROM account
    WHERE session.id = %(session_id)s AND session.current_jti = %(jti)s
      AND session.ended_at IS NULL AND session.ends_at > %(now)s
      AND account.id = session.user_id
      AND account.is_active AND account.deleted_at IS NULL
    RETURNING account.id, account.username, account.role, session.ends_at,
              session.current_jti, session.rotated_at
"""

# Of the token just before the present one, while a lost answer may still explain it.
_FIND_PRESENT = """
    SELECT account.id, account.username, account.role, session.ends_at,
           session.current_jti, session.rotated_at
    FROM session JOIN account ON account.id = session.user_id
    WHERE session.id = %(session_id)s AND session.previous_jti = %(jti)s
      AND session.rotated_at >= %(since)s
      AND session.ended_at IS NULL AND session.ends_at > %(now)s
      AND account.is_active AND account.deleted_at IS NULL
"""

_BEGIN = """
    INSERT INTO session (id, user_id, current_jti, started_at, ends_at)
    VALUES (%s, %s, %s, %s, %s)
"""


def start_session(subject: Subject, *, now: datetime) -> TokenPair:
    """This function will begin a session of the user and return its first tokens.

    Call it in the transaction that holds the user's row, so that a session can't
    begin behind the back of a new password or a suspension.
    """
    session_id, jti, ends_at = uuid7(), uuid7(), now + SESSION_LIFETIME
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [session_id, subject.user_id, jti, now, ends_at])
    return issue_pair(subject, session_id=session_id, jti=jti, ends_at=ends_at, now=now)


def refresh_session(*, refresh: str, now: datetime) -> TokenPair:
    """Spend the refresh token and return the next two tokens.

    The one just before the present one, spent no longer ago than the grace, gets the
    present one again: an answer was lost, or two tabs asked at once. Any other spent
    token is a stolen copy, or its theft's trace, and ends the session. Raises
    TokenExpired and InvalidToken.
    """
    token = verify(RefreshToken, refresh)
    parameters: dict[str, UUID | datetime] = {
        "session_id": token.session_id,
        "jti": token.jti,
        "new_jti": uuid7(),
        "now": now,
        "since": now - timedelta(seconds=settings.REFRESH_REUSE_GRACE_SECONDS),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROTATE, parameters)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_FIND_PRESENT, parameters)
            row = cursor.fetchone()
    if row is None:
        _end_if_spent(token, now=now)
        raise InvalidToken
    *subject, ends_at, jti, issued_at = row
    return issue_pair(
        Subject(*subject),
        session_id=token.session_id,
        jti=jti,
        ends_at=ends_at,
        now=issued_at,
    )


def log_out(*, refresh: str, now: datetime) -> None:
    """This function will end the token's session, also by a spent token of it.

    Raises TokenExpired and InvalidToken.
    """
    token = verify(RefreshToken, refresh)
    _end(Q(id=token.session_id), now=now)


def end_sessions(*, user_id: UUID, now: datetime) -> None:
    """This function will end every session of the user."""
    _end(Q(user_id=user_id), now=now)


def forget_sessions(*, user_id: UUID) -> None:
    """This function will remove every session of the user."""
    Session.objects.filter(user_id=user_id).delete()


def list_useless_sessions(*, before: datetime) -> QuerySet[Session]:
    """This function will return the sessions that were of no use by that time.

    Those that ended; and those whose last refresh token had expired: any older one of
    theirs expired before, so none is left that could end the session by being reused.
    """
    last_issued = Coalesce("rotated_at", "started_at")
    return Session.objects.alias(last_issued=last_issued).filter(
        Q(ended_at__lt=before)
        | Q(ends_at__lt=before)
        | Q(last_issued__lt=before - REFRESH_LIFETIME)
    )


def _end_if_spent(token: RefreshToken, *, now: datetime) -> None:
    """End the session of a token that was spent, unless the grace still covers it.

    (It may: of a suspended user, whose sessions end by themselves.)
    """
    limit = now - timedelta(seconds=settings.REFRESH_REUSE_GRACE_SECONDS)
    spent = Q(previous_jti__isnull=False) & ~Q(current_jti=token.jti)
    graced = Q(previous_jti=token.jti, rotated_at__gte=limit)
    _end(Q(id=token.session_id) & spent & ~graced, now=now)


def _end(which: Q, *, now: datetime) -> None:
    Session.objects.filter(which, ended_at__isnull=True).update(ended_at=now)
