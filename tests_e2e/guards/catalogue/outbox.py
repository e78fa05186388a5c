"""What auth_service tells: written with the change, delivered, never dropped."""

from tests_e2e.guards.guard import Edit, Guard, Place

_SUITE = "auth_service/tests"
_CHANGES = Place("auth_service/accounts/services/changes.py", _SUITE)
_MODIFYING = Place("auth_service/accounts/services/modifying.py", _SUITE)
_EVENTS = Place("auth_service/outbox/models.py", _SUITE)
_RELAY = Place("auth_service/outbox/relay.py", _SUITE)
_OUTBOX = Place("auth_service/outbox/services.py", _SUITE)
_O, _POISON = "test_outbox.py::", "test_relay_poison.py::"
_FAILURES, _AT_ONCE = "test_relay_failures.py::", "test_relays_at_once.py::"
_WAITING = "Q(delivered_at__isnull=True, set_aside_at__isnull=True)"
_TAKEN = "UserEvent.objects.due().select_for_update(skip_locked=True)"
_HALFWAY = _O + "test_a_change_that_fails_halfway_leaves_neither_change_nor_event"

GUARDS: tuple[Guard, ...] = (
    _CHANGES.guard(
        "outbox: a change is told",
        "I6",
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
        "I6",
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
    _RELAY.guard(
        "relay: no two send the same",
        "events",
        _TAKEN,
        "UserEvent.objects.due()",
        _AT_ONCE + "test_of_two_relays_none_sends_what_the_other_is_sending",
    ),
    _RELAY.guard(
        "relay: none waits for another (SKIP LOCKED)",
        "events",
        _TAKEN,
        "UserEvent.objects.due().select_for_update()",
        _AT_ONCE + "test_a_relay_does_not_wait_for_what_another_one_holds",
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
        "self.waiting().filter(next_attempt_at__lte=Now())",
        "self.waiting()",
        _FAILURES + "test_a_put_off_event_is_not_due_yet",
    ),
    _OUTBOX.guard(
        "relay: an outage sets nothing aside",
        "events",
        "for_good = event.own_failures >= MOST_OWN_FAILURES",
        "for_good = event.attempts >= MOST_OWN_FAILURES",
        _FAILURES + "test_failures_of_all_together_are_nobodys_own",
    ),
    _RELAY.guard(
        "relay: a poisoned event holds up no other",
        "events",
        "if isinstance(error, Refused) or self._broken >= MOST_BROKEN:",
        "if self._broken >= MOST_BROKEN:",
        _POISON + "test_a_refused_batch_is_sent_one_by_one",
    ),
    _RELAY.guard(
        "relay: an event that breaks the service is found",
        "events",
        "if isinstance(error, Refused) or self._broken >= MOST_BROKEN:",
        "if isinstance(error, Refused):",
        _POISON + "test_a_batch_that_breaks_it_again_and_again_is_sent_one_by_one",
    ),
    _RELAY.guard(
        "relay: where all fail it is not the events",
        "events",
        "            in_vain = len(faulty) >= MOST_IN_VAIN and not went_through\n",
        "            in_vain = False\n",
        _POISON + "test_where_all_break_one_by_one_it_is_not_the_events",
    ),
    _RELAY.guard(
        "relay: no transaction idles too long",
        "events",
        "in_vain or self._stopping() or time.monotonic() > until:",
        "in_vain or self._stopping():",
        _POISON + "test_one_by_one_ends_before_the_database_ends_the_transaction",
    ),
    Place("auth_service/accounts/services/erasing.py", _SUITE).guard(
        "erasure: of deleted users alone",
        "erasure",
        "    if user.deleted_at is None:\n        raise NotDeleted\n",
        "",
        "test_erasing.py::test_who_is_not_deleted_is_refused_in_a_sentence",
    ),
)
