"""Using points, and keys that take effect once."""

from tests_e2e.guards.guard import Guard, Place

_SUITE = "promo_service/tests"
_USING = Place("promo_service/promos/services/using.py", _SUITE)
_KEYS = Place("promo_service/promos/services/idempotency.py", _SUITE)
_VIEWS = Place("promo_service/promos/views/base.py", _SUITE)
_NOT_ELIGIBLE = "test_using.py::test_a_holder_who_may_not_hold_is_refused"
_AFTER_CLOSED_DAYS = (
    "test_closed_books.py::"
    "test_what_a_clock_would_date_into_a_closed_day_is_dated_after_it"
)
_RETRY = "test_idempotency.py::test_a_retry_gets_the_first_answer_and_takes_nothing"

GUARDS: tuple[Guard, ...] = (
    _USING.guard(
        "use: one's own promo alone",
        "own-promos-only",
        """WHERE id = %(promo_id)s AND holder_id = %(holder_id)s
      AND holder_id = eligible.user_id""",
        "WHERE id = %(promo_id)s",
        "test_using.py::test_somebody_elses_promo_is_the_same_as_none",
    ),
    _USING.guard(
        "use: a user is their own holder",
        "own-promos-only",
        "    if actor.role is Role.NORMAL:\n        return actor.id\n",
        "",
        "test_using.py::test_somebody_elses_promo_is_the_same_as_none",
    ),
    _USING.guard(
        "use: the promo is active",
        "use",
        "AND deleted_at IS NULL AND is_active\n",
        "AND deleted_at IS NULL\n",
        "test_using.py::test_an_inactive_promo_is_refused",
    ),
    _USING.guard(
        "use: the promo has started",
        "use",
        "      AND start_time <= COALESCE(%(now)s, clock_timestamp())\n",
        "",
        "test_using.py::test_a_promo_that_has_not_started_is_refused",
        "test_using.py::test_the_end_is_exclusive_and_the_start_inclusive",
    ),
    _USING.guard(
        "use: the promo has not ended",
        "use",
        "      AND (end_time IS NULL OR end_time > COALESCE(%(now)s, "
        "clock_timestamp()))\n",
        "",
        "test_using.py::test_an_expired_promo_is_refused",
        "test_using.py::test_the_end_is_exclusive_and_the_start_inclusive",
    ),
    _USING.guard(
        "use: the end is judged after waiting",
        "use",
        "end_time > COALESCE(%(now)s, clock_timestamp())",
        "end_time > COALESCE(%(now)s, now())",
        "test_waiting.py::test_a_use_that_waited_past_the_end_is_refused",
    ),
    _USING.guard(
        "use: enough points are left",
        "balance-within-amount",
        "      AND remaining_points >= %(points)s\n",
        "",
        "test_using.py::test_more_than_is_left_is_refused_with_what_is_left",
        "test_races.py::test_64_uses_at_once_take_exactly_what_they_were_told",
    ),
    _USING.guard(
        "use: the balance is that of the row",
        "balance-within-amount, ledger-sums-to-balance",
        "SET remaining_points = remaining_points - %(points)s,",
        "SET remaining_points = (SELECT p.remaining_points FROM promo p"
        " WHERE p.id = %(promo_id)s) - %(points)s,",
        "test_races.py::test_64_uses_at_once_take_exactly_what_they_were_told",
    ),
    _USING.guard(
        "use: the holder is not suspended",
        "use",
        "WHERE user_id = %(holder_id)s AND is_active AND NOT deleted",
        "WHERE user_id = %(holder_id)s AND NOT deleted",
        _NOT_ELIGIBLE,
    ),
    _USING.guard(
        "use: the holder is not deleted",
        "only-normal-users-hold",
        "AND is_active AND NOT deleted AND role = 'normal'",
        "AND is_active AND role = 'normal'",
        _NOT_ELIGIBLE,
    ),
    _USING.guard(
        "use: the holder is no administrator",
        "only-normal-users-hold",
        "AND NOT deleted AND role = 'normal'\n",
        "AND NOT deleted\n",
        _NOT_ELIGIBLE,
    ),
    _USING.guard(
        "use: the holder is share-locked",
        "only-normal-users-hold",
        "      AND void_since IS NULL\n    FOR SHARE\n",
        "      AND void_since IS NULL\n",
        "test_waiting.py::test_a_use_waits_for_a_suspension_under_way",
    ),
    _USING.guard(
        "use: nothing while promos are to be voided",
        "only-normal-users-hold",
        "      AND void_since IS NULL\n    FOR SHARE\n",
        "    FOR SHARE\n",
        "test_voiding.py::"
        "test_under_the_mark_nothing_moves_even_if_the_user_is_normal_again",
    ),
    _USING.guard(
        "use: time never runs backwards",
        "entries-in-sequence",
        """GREATEST(
            last_entry_time, COALESCE(%(now)s, clock_timestamp()),""",
        "GREATEST(COALESCE(%(now)s, clock_timestamp()),",
        "test_using.py::test_time_in_a_ledger_never_runs_backwards",
    ),
    _USING.guard(
        "use: no entry is dated into a closed day",
        "entries-in-sequence",
        ",\n            (SELECT closed_until FROM books))",
        ")",
        _AFTER_CLOSED_DAYS,
    ),
    _USING.guard(
        "use: the key is kept with the effect",
        "key-takes-effect-once",
        "    FROM taken WHERE %(key)s IS NOT NULL\n",
        "    FROM taken WHERE %(key)s IS NOT NULL AND false\n",
        _RETRY,
    ),
    _USING.guard(
        "use: reasons in the order of the contract",
        "use",
        "    if not promo.holder.may_hold:\n"
        '        raise HolderNotEligible("The promo\'s holder may not use promos now.")\n',
        "",
        "test_using.py::test_reasons_come_in_the_order_of_the_contract",
        _NOT_ELIGIBLE,
    ),
    _USING.guard(
        "replay: as it was then",
        "key-takes-effect-once",
        "    redemption.reversed_points = 0\n",
        "",
        "test_replays.py::test_what_was_given_back_since_is_not_in_a_replay",
    ),
    _KEYS.guard(
        "key: found by its caller",
        "key-takes-effect-once",
        ".filter(actor_id=request.actor_id, key=request.key)",
        ".filter(key=request.key)",
        "test_replays.py::test_a_key_of_another_administrator_is_another_key",
    ),
    _KEYS.guard(
        "key: stands for one request",
        "key-takes-effect-once",
        "bytes(stored.fingerprint) != request.fingerprint",
        "False",
        "test_idempotency.py::test_another_request_under_the_key_is_422",
    ),
    _KEYS.guard(
        "key: before any refusal",
        "key-takes-effect-once",
        "except (IntegrityError, APIException):",
        "except IntegrityError:",
        "test_idempotency.py::test_a_retry_gets_the_first_answer_even_if_all_has_changed",
        "test_races.py::test_the_same_grant_under_one_key_at_once_is_one_promo",
    ),
    _KEYS.guard(
        "key: a second effect is a replay",
        "key-takes-effect-once",
        "except (IntegrityError, APIException):",
        "except APIException:",
        _RETRY,
        "test_races.py::test_one_key_from_many_clients_at_once_takes_effect_once",
    ),
    _VIEWS.guard(
        "key: visible ASCII, 255 at most",
        "keys",
        "if not _KEY.fullmatch(key):",
        "if False:",
        "test_idempotency.py::test_a_key_that_is_none_is_refused",
    ),
    _VIEWS.guard(
        "key: the path is part of the request",
        "key-takes-effect-once",
        "[self.request.method, self.request.path, body]",
        "[self.request.method, body]",
        "test_idempotency.py::test_another_request_under_the_key_is_422",
    ),
)
