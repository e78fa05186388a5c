"""Using points from all promos at once, and giving points back."""

from tests_e2e.guards.guard import Edit, Guard, Place

_SUITE = "promo_service/tests"
_ALL = Place("promo_service/promos/services/using_all.py", _SUITE)
_MOVING = Place("promo_service/promos/services/movements.py", _SUITE)
_USABLE = Place("promo_service/promos/selectors/usable.py", _SUITE)
_VOIDING = Place("promo_service/promos/services/voiding.py", _SUITE)
_PIECES = Place("promo_service/promos/services/pieces.py", _SUITE)
_MARKS = Place("promo_service/holders/marks.py", _SUITE)
_REVERSING = Place("promo_service/promos/services/reversing.py", _SUITE)
_U, _R, _WAITING = "test_using_all.py::", "test_reversing.py::", "test_waiting.py::"
_RACES_OF_HOLDERS = "test_races_of_holders.py::"
_RACES_OF_REVERSALS = "test_races_of_reversals.py::"
_NOT_ELIGIBLE = _U + "test_who_may_not_hold_promos_may_not_use_them"
_PASSED_OVER = _U + "test_what_cannot_be_used_is_passed_over"
_LOCKED_REDEMPTION = 'Redemption.objects.select_for_update(no_key=True, of=("self",))'

GUARDS: tuple[Guard, ...] = (
    _ALL.guard(
        "use all: the holder may hold",
        "only-normal-users-hold",
        "    if holder is not None and not holder.may_hold:\n",
        "    if False:\n",
        _NOT_ELIGIBLE,
    ),
    _ALL.guard(
        "use all: no administrator",
        "only-normal-users-hold",
        "    if actor.role is Role.ADMINISTRATOR:\n",
        "    if False:\n",
        _NOT_ELIGIBLE,
    ),
    _ALL.guard(
        "use all: the holder is share-locked",
        "only-normal-users-hold",
        "    holder = lock_holder(user_id=actor.id)\n",
        "    from promo_service.holders.models import Holder\n"
        "    holder = Holder.objects.filter(user_id=actor.id).first()\n",
        _WAITING + "test_a_use_of_all_waits_for_a_suspension_under_way",
    ),
    _ALL.guard(
        "use all: usable promos alone",
        "use",
        "promo.deleted_at is None and promo.status_at(moment) is Status.ACTIVE\n",
        "promo.remaining_points\n",
        "test_using_all.py::test_what_is_no_longer_usable_after_the_locks_is_not_taken",
    ),
    _ALL.guard(
        "use all: soonest end first",
        "use",
        "sorted(usable, key=lambda promo: (promo.ends, promo.id))",
        "usable",
        _U + "test_it_takes_from_the_soonest_end_first_and_endless_promos_last",
    ),
    _ALL.guard(
        "use all: all or nothing",
        "balance-within-amount",
        "    if available < points:\n",
        "    if not available:\n",
        _U + "test_more_than_all_of_them_hold_takes_nothing",
    ),
    _ALL.guard(
        "use all: one transaction",
        "ledger-sums-to-balance, key-takes-effect-once",
        "        with transaction.atomic():\n",
        "        if True:\n",
        "test_one_transaction.py::test_a_use_of_all_that_fails_at_the_end_leaves_all",
    ),
    _ALL.guard(
        "use all: the key is kept with the effect",
        "key-takes-effect-once",
        "    if key is not None:\n"
        "        store_redemption(key, redemption_id=redemption.id, now=now)\n",
        "",
        _U + "test_a_retry_gets_the_first_answer_whatever_has_changed",
        _RACES_OF_HOLDERS
        + "test_one_key_for_one_promo_and_for_all_takes_effect_on_one",
    ),
    _MOVING.guard(
        "promos: locked before they are looked at",
        "balance-within-amount, ledger-sums-to-balance",
        "WHERE {condition} ORDER BY id FOR NO KEY UPDATE",
        "WHERE {condition} ORDER BY id",
        _WAITING + "test_a_use_of_all_waits_for_a_use_under_way",
        _RACES_OF_HOLDERS
        + "test_uses_of_all_promos_against_uses_of_their_parts_lose_nothing",
    ),
    _MOVING.guard(
        "promos: locked in the order of their ids",
        "no deadlock",
        "WHERE {condition} ORDER BY id FOR NO KEY UPDATE",
        "WHERE {condition} FOR NO KEY UPDATE",
        _WAITING + "test_promos_are_locked_in_the_order_of_their_ids",
    ),
    _USABLE.guard(
        "promos: the holder's alone",
        "own-promos-only",
        "WHERE holder_id = %(holder_id)s AND deleted_at IS NULL AND is_active AND",
        "WHERE %(holder_id)s::uuid IS NOT NULL AND deleted_at IS NULL AND is_active AND",
        _U + "test_more_than_all_of_them_hold_takes_nothing",
    ),
    _VOIDING.guard(
        "promos: no deleted one is voided again",
        "only-normal-users-hold",
        "creation_time, (SELECT closed_until FROM books) FROM promo\n"
        "WHERE holder_id = %(holder_id)s AND deleted_at IS NULL",
        "creation_time, (SELECT closed_until FROM books) FROM promo\n"
        "WHERE holder_id = %(holder_id)s",
        _WAITING + "test_what_was_deleted_before_is_not_voided_again",
    ),
    _VOIDING.guard(
        "voiding: a piece is bounded",
        "bounded",
        "    ORDER BY creation_time DESC, id DESC LIMIT %(size)s\n",
        "    ORDER BY creation_time DESC, id DESC\n",
        "test_voiding.py::test_what_was_left_in_the_middle_is_gone_on_with",
    ),
    _PIECES.guard(
        "voiding: the mark goes with the last piece",
        "only-normal-users-hold",
        "                if voiding.do_piece():\n",
        "                voiding.do_piece()\n                if True:\n",
        "test_voiding.py::test_what_was_left_in_the_middle_is_gone_on_with",
    ),
    _MARKS.guard(
        "voiding: one process at a time",
        "bounded",
        "select_for_update(no_key=True, skip_locked=True)",
        "select_for_update(no_key=True)",
        "test_voiding.py::test_a_holder_whom_another_process_is_at_is_left_to_it",
    ),
    _REVERSING.guard(
        "reverse: not more than is left",
        "reversed-within-used",
        "    if not left or (points or 0) > left:\n",
        "    if (points or 0) > redemption.points:\n",
        _R + "test_what_was_given_back_is_not_given_back_again",
    ),
    _REVERSING.guard(
        "reverse: not more than was used",
        "reversed-within-used",
        "    if not left or (points or 0) > left:\n",
        "    if not left:\n",
        _R + "test_more_than_was_used_is_refused",
    ),
    _REVERSING.guard(
        "reverse: not more than a promo gave",
        "reversed-within-used",
        "share = min(wanted, part.points - part.reversed_points)",
        "share = min(wanted, part.points)",
        _R + "test_a_part_of_it_goes_back_to_what_was_taken_from_last",
    ),
    _REVERSING.guard(
        "reverse: what was taken last goes back first",
        "reverse",
        "    parts = reversed(_parts_of(redemption))\n",
        "    parts = _parts_of(redemption)\n",
        _R + "test_a_part_of_it_goes_back_to_what_was_taken_from_last",
    ),
    _REVERSING.guard(
        "reverse: nothing to a deleted promo",
        "ledger-sums-to-balance",
        "for promo in promos if promo.deleted_at is None}",
        "for promo in promos}",
        _R + "test_points_go_back_as_if_there_were_no_part_of_a_deleted_promo",
    ),
    _REVERSING.guard(
        "reverse: no more than living promos can take",
        "reverse",
        "    if not 0 < wanted <= reversible:\n",
        "    if False:\n",
        _R + "test_more_than_the_promos_that_are_left_can_take_is_refused_with_how_much"
        "_that_is",
    ),
    _REVERSING.guard(
        "reverse: the redemption is locked",
        "reversed-within-used",
        _LOCKED_REDEMPTION,
        "Redemption.objects.all()",
        _WAITING + "test_a_reversal_waits_for_another_under_way",
        _RACES_OF_REVERSALS + "test_whole_reversals_at_once_happen_once",
    ),
    _REVERSING.guard(
        "reverse: one transaction",
        "ledger-sums-to-balance, key-takes-effect-once",
        "        with transaction.atomic():\n",
        "        if True:\n",
        "test_one_transaction.py::test_a_reversal_that_fails_at_the_end_leaves_all",
        # A lock can't be had outside a transaction.
        also=(Edit(_REVERSING.file, _LOCKED_REDEMPTION, "Redemption.objects.all()"),),
    ),
    _REVERSING.guard(
        "reverse: the key is kept with the effect",
        "key-takes-effect-once",
        "            if key is not None:\n",
        "            if False:\n",
        _R + "test_a_retry_gives_nothing_back_and_gets_the_first_answer",
        _RACES_OF_REVERSALS + "test_a_reversal_under_one_key_at_once_happens_once",
    ),
    _REVERSING.guard(
        "reverse: what was given back is a row",
        "reversed-within-used",
        "    redemption.reversed_points += total\n",
        "",
        _R + "test_all_of_it_goes_back_where_it_came_from",
    ),
)
