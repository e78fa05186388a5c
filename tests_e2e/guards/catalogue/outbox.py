"""What auth_service tells: written with the change, delivered, never dropped."""

from tests_e2e.guards.guard import Edit, Guard, Place

_SUITE = "auth_service/tests"
_CHANGES = Place("auth_service/accounts/services/changes.py", _SUITE)
_MODIFYING = Place("auth_service/accounts/services/modifying.py", _SUITE)
_EVENTS = Place("auth_service/outbox/models.py", _SUITE)
_RELAY = Place("auth_service/outbox/relay.py", _SUITE)
_TAKING = Place("auth_service/outbox/taking.py", _SUITE)
_OUTBOX = Place("auth_service/outbox/services.py", _SUITE)
_O, _POISON = "test_outbox.py::", "test_relay_poison.py::"
_FAILURES, _AT_ONCE = "test_relay_failures.py::", "test_relays_at_once.py::"
_WAITING = "Q(delivered_at__isnull=True, set_aside_at__isnull=True)"
_HALFWAY = _O + "test_a_change_that_fails_halfway_leaves_neither_change_nor_event"

GUARDS: tuple[Guard, ...] = (
    _CHANGES.guard(
        "outbox: a change is told",
        "only-normal-users-hold",
        "    if told:\n        record_event(user_id=user.id, version=user.version)\n",
        "",
        _O + "test_a_change_that_services_know_of_is_told_once",
        _O + "test_a_deletion_is_told",
    ),
    _CHANGES.guard(
        "outbox: a new user is told of",
        "events",
        "    user.save(force_insert=True)\n"
        "    record_event(user_id=user.id, version=user.version)\n",
        "    user.save(force_insert=True)\n",
        _O + "test_a_new_user_is_told_of",
    ),
    _CHANGES.guard(
        "outbox: no more is told than must be",
        "privacy",
        "    told = not changed.keys().isdisjoint(TOLD_TO_SERVICES)\n",
        "    told = True\n",
        _O + "test_what_is_nobody_elses_business_or_no_change_is_not",
        _O + "test_a_new_password_is_not_told",
    ),
    _MODIFYING.guard(
        "outbox: change and event are one transaction",
        "only-normal-users-hold",
        "@transaction.atomic\ndef modify_user(",
        "def modify_user(",
        _HALFWAY,
        # A lock can't be had outside a transaction.
        also=(
            Edit(
                _MODIFYING.file,
                '.order_by("id").select_for_update(no_key=True)',
                '.order_by("id")',
            ),
        ),
    ),
    _TAKING.guard(
        "relay: no two send the same",
        "events",
        "        if held or event_id not in locked:\n",
        "        if event_id not in locked:\n",
        _AT_ONCE + "test_of_two_relays_none_sends_what_the_other_is_sending",
        _AT_ONCE + "test_a_user_is_told_of_by_one_relay_at_a_time",
    ),
    _TAKING.guard(
        "relay: none waits for another (SKIP LOCKED)",
        "events",
        "found = due.select_for_update(skip_locked=True)",
        "found = due.select_for_update()",
        _AT_ONCE + "test_a_relay_does_not_wait_for_what_another_one_holds",
    ),
    _TAKING.guard(
        "relay: what it holds is another's when it is dead",
        "events",
        "update(taken_until=Now() + lane.held_for)",
        "update(taken_until=Now() + 1000 * lane.held_for)",
        "test_relay_process.py::"
        "test_killed_amid_the_sending_it_leaves_all_of_it_to_the_next",
    ),
    _TAKING.guard(
        "relay: what was slow once is tried beside the others",
        "events",
        'Q(is_resync=False, last_code=""), 6, 1, 1.0)',
        "Q(is_resync=False), 6, 1, 1.0)",
        _POISON + "test_what_was_too_slow_is_tried_beside_the_others_from_then_on",
    ),
    _EVENTS.guard(
        "relay: what arrived is not sent again",
        "events",
        f"_WAITING = {_WAITING}",
        "_WAITING = Q(set_aside_at__isnull=True)",
        "test_relay.py::test_what_was_delivered_is_not_sent_again",
    ),
    _EVENTS.guard(
        "relay: what was set aside is not sent again",
        "events",
        f"_WAITING = {_WAITING}",
        "_WAITING = Q(delivered_at__isnull=True)",
        _FAILURES + "test_an_invalid_event_is_set_aside_aloud_and_the_rest_arrive",
    ),
    _EVENTS.guard(
        "relay: what was put off is not due yet",
        "events",
        "self.waiting().filter(_NOT_TAKEN, next_attempt_at__lte=Now())",
        "self.waiting().filter(_NOT_TAKEN)",
        _FAILURES + "test_a_put_off_event_is_not_due_yet",
    ),
    _OUTBOX.guard(
        "relay: an outage sets nothing aside",
        "events",
        "for_good = own_failures >= MOST_OWN_FAILURES",
        "for_good = attempts >= MOST_OWN_FAILURES",
        _FAILURES + "test_failures_of_all_together_are_nobodys_own",
    ),
    _RELAY.guard(
        "relay: a poisoned event holds up no other",
        "events",
        "        if len(sending.users) > 1:\n",
        "        if False:\n",
        _POISON + "test_a_batch_that_is_not_taken_is_sent_one_by_one",
    ),
    _RELAY.guard(
        "relay: where all fail it is not the events",
        "events",
        "        if services.others_went_through(events):\n",
        "        if True:\n",
        _POISON + "test_where_all_fail_it_is_not_the_events",
    ),
    Place("auth_service/outbox/resyncs.py", _SUITE).guard(
        "resync: its end is told when all has arrived",
        "restore",
        "UserEvent.objects.undelivered().filter(is_resync=True).exists()",
        "UserEvent.objects.waiting().filter(id=None).exists()",
        "test_resyncing.py::test_the_end_is_told_when_all_has_arrived",
        "test_resyncing.py::test_what_is_set_aside_holds_the_end_back",
    ),
    Place("auth_service/accounts/services/resyncing.py", _SUITE).guard(
        "resync: a restored database's versions are past all that were told",
        "restore",
        'Greatest(F("version") + 1, Value(epoch)',
        'Greatest(F("version") + 1, Value(1_000_000)',
        "test_resyncing.py::test_the_same_dump_can_be_restored_again_and_again",
        "test_resyncing.py::test_versions_are_past_all_that_promo_service_knows",
    ),
    Place("auth_service/accounts/services/erasing.py", _SUITE).guard(
        "erasure: of deleted users alone",
        "erasure",
        "    if user.deleted_at is None:\n        raise NotDeleted\n",
        "",
        "test_erasing.py::test_who_is_not_deleted_is_refused_in_a_sentence",
    ),
)
