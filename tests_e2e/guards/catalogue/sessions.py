"""Logging in, sessions, refresh tokens, signing keys and secrets of services."""

from tests_e2e.guards.guard import Edit, Guard, Place

_SUITE = "auth_service/tests"
_PASSWORDS = Place("auth_service/accounts/services/passwords.py", _SUITE)
_SESSIONS = Place("auth_service/tokens/services.py", _SUITE)
_ROW = Place("auth_service/accounts/authentication.py", _SUITE)
_CLIENTS = Place("auth_service/tokens/clients.py", _SUITE)
_KEYS = Place("auth_service/tokens/key_folder.py", _SUITE)
_FAILURES = "test_logging_in.py::test_every_failure_says_the_same_and_costs_one_hash"
_MEANWHILE = (
    "test_logging_in.py::test_a_change_while_the_password_is_compared_lets_nobody_in"
)
_S = "test_sessions.py::"
_OUT = _S + "test_the_suspended_and_the_deleted_refresh_nothing"
_OUT_AT_ONCE = "test_tokens.py::test_the_suspended_and_the_deleted_are_out_at_once"

GUARDS: tuple[Guard, ...] = (
    _PASSWORDS.guard(
        "log-in: the password is right",
        "passwords",
        "if known is None or not right or not known.is_live:",
        "if known is None or not known.is_live:",
        _FAILURES,
    ),
    _PASSWORDS.guard(
        "log-in: nobody who is suspended or deleted",
        "sessions",
        "if known is None or not right or not known.is_live:",
        "if known is None or not right:",
        _FAILURES,
        # Both look: before the session, and again once the row is held.
        also=(
            Edit(
                _PASSWORDS.file,
                " AND is_active AND deleted_at IS NULL\n",
                "\n",
            ),
        ),
    ),
    _PASSWORDS.guard(
        "log-in: the row is looked at again",
        "sessions",
        "WHERE id = %s AND password = %s AND is_active AND deleted_at IS NULL\n",
        "WHERE id = %s AND %s IS NOT NULL\n",
        _MEANWHILE,
    ),
    _PASSWORDS.guard(
        "password: the current one is asked for",
        "passwords",
        "    if not matches(current_password, user.password):\n",
        "    if False:\n",
        "test_me.py::test_a_password_that_will_not_do_changes_nothing",
    ),
    _SESSIONS.guard(
        "refresh: the current token alone",
        "sessions",
        "WHERE session.id = %(session_id)s AND session.current_jti = %(jti)s\n",
        "WHERE session.id = %(session_id)s AND %(jti)s::uuid IS NOT NULL\n",
        _S + "test_a_token_spent_just_now_gets_the_present_one_again",
        "test_races.py::test_of_two_refreshes_at_once_both_get_the_one_next_token",
    ),
    _SESSIONS.guard(
        "refresh: no session that has ended",
        "sessions",
        "      AND session.ended_at IS NULL AND session.ends_at > %(now)s\n"
        "      AND account.id = session.user_id\n",
        "      AND session.ends_at > %(now)s\n      AND account.id = session.user_id\n",
        _S + "test_logging_out_ends_that_session_alone",
    ),
    _SESSIONS.guard(
        "refresh: no session over its end",
        "sessions",
        "      AND session.ended_at IS NULL AND session.ends_at > %(now)s\n"
        "      AND account.id = session.user_id\n",
        "      AND session.ended_at IS NULL\n      AND account.id = session.user_id\n",
        _S + "test_a_session_over_its_end_is_not_refreshed",
    ),
    _SESSIONS.guard(
        "refresh: nobody who is suspended",
        "sessions",
        "      AND account.is_active AND account.deleted_at IS NULL\n    RETURNING",
        "      AND account.deleted_at IS NULL\n    RETURNING",
        _OUT,
    ),
    _SESSIONS.guard(
        "refresh: nobody who is deleted",
        "sessions",
        "      AND account.is_active AND account.deleted_at IS NULL\n    RETURNING",
        "      AND account.is_active\n    RETURNING",
        _OUT,
    ),
    _SESSIONS.guard(
        "refresh: an old copy ends the session",
        "sessions",
        "        _end_if_spent(token, now=now)\n",
        "",
        _S + "test_a_token_spent_longer_ago_ends_its_session",
    ),
    _SESSIONS.guard(
        "refresh: an older copy too, however young",
        "sessions",
        "graced = Q(previous_jti=token.jti, rotated_at__gte=limit)",
        "graced = Q(rotated_at__gte=limit)",
        _S + "test_a_token_older_than_the_previous_one_ends_its_session_at_once",
    ),
    _SESSIONS.guard(
        "refresh: the grace ends",
        "sessions",
        "      AND session.rotated_at >= %(since)s\n",
        "",
        _S + "test_a_token_spent_longer_ago_ends_its_session",
    ),
    _SESSIONS.guard(
        "refresh: the grace is the previous token's",
        "sessions",
        "AND session.previous_jti = %(jti)s\n",
        "\n",
        _S + "test_a_token_older_than_the_previous_one_ends_its_session_at_once",
    ),
    _SESSIONS.guard(
        "refresh: the grace opens no session that has ended",
        "sessions",
        "      AND session.ended_at IS NULL AND session.ends_at > %(now)s\n"
        '      AND account.is_active AND account.deleted_at IS NULL\n"""',
        "      AND session.ends_at > %(now)s\n"
        '      AND account.is_active AND account.deleted_at IS NULL\n"""',
        _S + "test_the_grace_opens_no_session_that_was_ended",
    ),
    _SESSIONS.guard(
        "refresh: the grace lets nobody in who is suspended",
        "sessions",
        '      AND account.is_active AND account.deleted_at IS NULL\n"""',
        '      AND account.deleted_at IS NULL\n"""',
        _S + "test_the_grace_lets_no_suspended_user_in",
    ),
    _SESSIONS.guard(
        "log-out: that session alone",
        "sessions",
        "    _end(Q(id=token.session_id), now=now)\n",
        "    _end(Q(), now=now)\n",
        _S + "test_logging_out_ends_that_session_alone",
    ),
    Place("auth_service/tokens/issuing.py", _SUITE).guard(
        "refresh: no token outlives its session",
        "sessions",
        "lifetime=min(REFRESH_LIFETIME, ends_at - now)",
        "lifetime=REFRESH_LIFETIME",
        _S + "test_a_session_ends_after_30_days_however_often_it_is_refreshed",
    ),
    _ROW.guard(
        "request: nobody who is suspended or deleted",
        "sessions",
        "            User.objects.live()\n",
        "            User.objects.all()\n",
        _OUT_AT_ONCE,
    ),
    _ROW.guard(
        "request: no session that has ended",
        "sessions",
        "                sessions__ended_at__isnull=True,\n",
        "",
        _S + "test_logging_out_ends_that_session_alone",
    ),
    _ROW.guard(
        "request: one's own session",
        "sessions",
        "                sessions__id=caller.session_id,\n",
        "",
        "test_tokens.py::test_another_users_session_does_not_carry_a_token",
        "test_tokens.py::test_a_claim_that_is_wrong_or_missing_is_refused",
    ),
    _ROW.guard(
        "request: the role is the row's",
        "own-promos-only",
        "            role=Role(user.role),\n",
        "            role=caller.role,\n",
        "test_tokens.py::test_a_demoted_administrators_token_no_longer_administers",
    ),
    _CLIENTS.guard(
        "service: its secret is right",
        "internal",
        "    if not any(matches):\n",
        "    if not known:\n",
        "test_internal.py::test_any_other_pair_gives_none",
    ),
    _CLIENTS.guard(
        "service: an unknown one costs as much",
        "enumeration",
        "padded = (*known, *[_NOBODYS] * MOST_SECRETS)[:MOST_SECRETS]",
        "padded = known",
        "test_internal.py::test_as_much_is_compared_for_unknown_clients",
    ),
    _KEYS.guard(
        "keys: 2,048 bits at least",
        "tokens",
        "        if private.key_size < SMALLEST_KEY:\n",
        "        if False:\n",
        "test_keys.py::test_a_file_that_is_no_usable_key_is_skipped_and_named",
    ),
    _KEYS.guard(
        "keys: none signs before it is known",
        "tokens",
        "return settled[0] if settled else first",
        "return due[0] if due else first",
        "test_keys.py::test_a_key_that_has_just_appeared_waits_10_minutes",
    ),
    _KEYS.guard(
        "keys: none signs before its minute",
        "tokens",
        "[key for key in self.list_keys() if key.signs_from <= now]",
        "self.list_keys()",
        "test_keys.py::test_a_key_signs_from_its_minute_on",
    ),
)
