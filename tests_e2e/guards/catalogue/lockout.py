"""Guessing passwords: the pair of a name and an address is locked, and no other."""

from tests_e2e.guards.guard import Guard, Place

_SUITE = "auth_service/tests"
_PASSWORDS = Place("auth_service/accounts/services/passwords.py", _SUITE)
_LOCKOUT = Place("auth_service/accounts/lockout.py", _SUITE)
_L = "test_lockout.py::"
_HIDDEN = 'return salted_hmac(salt, username.lower(), algorithm="sha256").hexdigest()'

GUARDS: tuple[Guard, ...] = (
    _PASSWORDS.guard(
        "lock: nothing is hashed for a locked pair",
        "guessing",
        "    pair = Pair(username, address)\n    refuse_locked(pair, now=now)\n",
        "    pair = Pair(username, address)\n",
        _L + "test_nothing_is_hashed_for_a_locked_pair",
    ),
    _PASSWORDS.guard(
        "lock: wrong passwords are counted",
        "guessing",
        "        count_failure(pair, now=now)\n        raise InvalidCredentials\n",
        "        raise InvalidCredentials\n",
        _L + "test_the_pair_is_locked_even_for_the_right_password",
    ),
    _PASSWORDS.guard(
        "lock: the current password is guarded too",
        "guessing",
        "        count_failure(pair, now=now)\n        raise _wrong_current_password()\n",
        "        raise _wrong_current_password()\n",
        _L + "test_the_current_password_is_guarded_by_the_same_pair",
    ),
    _LOCKOUT.guard(
        "lock: never a name alone",
        "guessing",
        '"axes_ip_address": _client_of(self.address),',
        '"axes_ip_address": "::",',
        _L + "test_the_same_name_from_another_address_is_not",
    ),
    _LOCKOUT.guard(
        "lock: never an address alone",
        "guessing",
        _HIDDEN,
        'return salted_hmac(salt, "", algorithm="sha256").hexdigest()',
        _L + "test_another_name_from_the_same_address_is_not",
    ),
    _LOCKOUT.guard(
        "lock: the name in any case",
        "guessing",
        _HIDDEN,
        'return salted_hmac(salt, username, algorithm="sha256").hexdigest()',
        _L + "test_the_name_is_locked_in_any_case",
    ),
    _LOCKOUT.guard(
        "lock: no more guesses at once than in a row",
        "guessing",
        "    if failures > settings.AXES_FAILURE_LIMIT:\n",
        "    if False:\n",
        _L + "test_of_64_guesses_at_once_no_more_are_told_wrong_than_of_those_in_a_row",
    ),
    _LOCKOUT.guard(
        "lock: a right guess too late is none",
        "guessing",
        "    if failures >= settings.AXES_FAILURE_LIMIT:\n",
        "    if False:\n",
        _L + "test_a_right_guess_that_comes_when_all_are_spent_is_not_let_in",
    ),
)
