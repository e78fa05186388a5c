"""What auth_service tells of users: newer versions alone, and what they void."""

from tests_e2e.guards.guard import Edit, Guard, Place

_SUITE = "promo_service/tests"
_FOLLOWING = Place("promo_service/promos/services/following_users.py", _SUITE)
_EVENTS = Place("promo_service/promos/views/user_events.py", _SUITE)
_READING = Place("promo_service/holders/directory.py", _SUITE)
_LEARNING = Place("promo_service/holders/services.py", _SUITE)
_ERASING = Place("promo_service/promos/services/erasing.py", _SUITE)
_F, _WAITING = "test_following_users.py::", "test_waiting.py::"
_NONE = _F + "test_an_event_that_is_none_is_invalid_and_holds_up_no_other"
_HALFWAY = _F + "test_an_event_that_fails_halfway_leaves_nothing_and_holds_up_no_other"
_LOCKED = "    known = lock_holder_to_change(user_id=state.user_id)\n"
_UNLOCKED = (
    "    from promo_service.holders.models import Holder\n"
    "    known = Holder.objects.filter(user_id=state.user_id).first()\n"
)
_NO_TEXT = "test_erasing.py::test_no_text_about_the_person_is_left_and_every_entry_is"
_NEWER = "    is_news = store_told(state)\n"
_VOIDS = (
    "    if is_news and state.void_version > (known.void_version if known else 0):\n"
    "        _void_promos(event, now)\n"
)

GUARDS: tuple[Guard, ...] = (
    _FOLLOWING.guard(
        "event: a newer version alone applies",
        "only-normal-users-hold",
        _NEWER,
        "    store_told(state)\n    is_news = True\n",
        _F + "test_only_a_newer_version_applies",
        _F + "test_an_event_that_comes_twice_voids_once",
    ),
    _FOLLOWING.guard(
        "event: a higher void_version voids",
        "only-normal-users-hold",
        _VOIDS,
        '    if state.role == "administrator" or state.deleted:\n'
        "        _void_promos(event, now)\n",
        _F + "test_events_in_any_order_void_what_was_there_and_restore_nothing",
    ),
    _FOLLOWING.guard(
        "event: the same void_version voids no more",
        "only-normal-users-hold",
        _VOIDS,
        "    if state.void_version and is_news:\n        _void_promos(event, now)\n",
        _F + "test_another_change_after_that_does_not_void_again",
    ),
    _FOLLOWING.guard(
        "event: voids under the holder's lock",
        "only-normal-users-hold",
        _LOCKED + _NEWER + _VOIDS,
        _UNLOCKED + "    is_news = True\n" + _VOIDS + _NEWER,
        _WAITING + "test_a_voiding_waits_for_a_grant_under_way",
    ),
    _FOLLOWING.guard(
        "event: a transaction of its own",
        "only-normal-users-hold",
        "@transaction.atomic\ndef apply_user_event(",
        "def apply_user_event(",
        _HALFWAY,
        # A lock can't be had outside a transaction.
        also=(Edit(_FOLLOWING.file, _LOCKED, _UNLOCKED),),
    ),
    _EVENTS.guard(
        "event: one that fails holds up no other",
        "events",
        '        logger.exception("user_event_failed")\n'
        "        return Outcome.FAILED\n",
        "        raise\n",
        _HALFWAY,
    ),
    _EVENTS.guard(
        "event: one that can't be read holds up no other",
        "events",
        "    except NOT_A_USER:\n",
        "    except ZeroDivisionError:\n",
        _NONE,
    ),
    _EVENTS.guard(
        "event: one that can't be stored holds up no other",
        "events",
        "    except DataError:  # too long or too large: no try will store it\n",
        "    except ZeroDivisionError:\n",
        _NONE,
    ),
    _EVENTS.guard(
        "event: a database in trouble asks for all again",
        "events",
        "        if is_passing(error):\n            raise",
        "        if False:\n            raise",
        _F + "test_while_the_database_is_in_trouble_all_are_to_come_again",
    ),
    _EVENTS.guard(
        "event: auth_service alone tells",
        "internal",
        "        if str(request.user) != TELLER:\n",
        "        if False:\n",
        _F + "test_nobody_but_auth_service_tells_of_users",
    ),
    _EVENTS.guard(
        "event: 500 at most",
        "internal",
        "max_length=MOST_EVENTS",
        "max_length=10 * MOST_EVENTS",
        _F + "test_at_most_500_events_come_at_once",
    ),
    _READING.guard(
        "event: values of their very types",
        "events",
        "    if type(value) is not kind:\n",
        "    if False:\n",
        _NONE,
    ),
    _READING.guard(
        "event: no NUL",
        "events",
        '    if "\\0" in text:\n',
        "    if False:\n",
        _NONE,
    ),
    _LEARNING.guard(
        "look-up: what voids is left to its event",
        "only-normal-users-hold",
        'and_if="AND holder.void_version >= excluded.void_version"',
        'and_if=""',
        "test_looking_up.py::test_what_voids_is_left_to_its_event",
    ),
    Place("promo_service/holders/resyncs.py", _SUITE).guard(
        "resync: where fewer were told of than named, nobody is suspended",
        "restore",
        "count() < users:",
        "count() < 0:",
        "test_resyncs.py::test_where_fewer_were_told_of_than_named_nobody_is_suspended",
    ),
    Place("promo_service/holders/selectors.py", _SUITE).guard(
        "name: of a deleted holder it must be asked whose it is",
        "names",
        "only is not None and only.has_the_name else None",
        "only is not None else None",
        "test_names.py::test_a_grant_goes_to_whom_auth_knows_by_that_name",
    ),
    Place("promo_service/promos/services/granting.py", _SUITE).guard(
        "name: whom auth knows as deleted is given nothing",
        "names",
        "if not holder.may_hold or (told is not None and not told.may_hold):",
        "if not holder.may_hold:",
        "test_names.py::test_whom_auth_knows_as_no_holder_is_given_nothing",
    ),
    _FOLLOWING.guard(
        "event: who is to be void already stays marked by whom it was",
        "only-normal-users-hold",
        "    if _is_to_be_void(user_id):\n",
        "    if False:\n",
        "test_voiding.py::test_a_later_event_leaves_the_mark_and_who_caused_it",
    ),
    _FOLLOWING.guard(
        "event: no more than a piece at once",
        "bounded",
        "    if are_few(user_id):\n",
        "    if True:\n",
        "test_voiding.py::test_more_are_left_to_a_mark_and_the_event_is_answered",
    ),
    _FOLLOWING.guard(
        "erasure: even if the event is no news",
        "erasure",
        "    if event.erased:\n",
        "    if event.erased and is_news:\n",
        "test_erasing.py::test_an_event_that_is_no_news_erases_all_the_same",
    ),
    _ERASING.guard(
        "erasure: tasks",
        "erasure",
        "    UPDATE redemption SET task = NULL FROM looked_at\n",
        "    UPDATE redemption SET task = task FROM looked_at\n",
        _NO_TEXT,
    ),
    _ERASING.guard(
        "erasure: revisions",
        "erasure",
        "    UPDATE promo_revision SET description = NULL FROM looked_at\n",
        "    UPDATE promo_revision SET description = description FROM looked_at\n",
        _NO_TEXT,
    ),
    _ERASING.guard(
        "erasure: first answers",
        "erasure",
        "            rows.update(answer=_without(holder, answer))\n",
        "            del rows\n",
        "test_erasing.py::test_an_administrators_retry_gets_the_first_answer_without_the_person",
    ),
    _ERASING.guard(
        "erasure: answers of several",
        "erasure",
        '    _erase_answers("answer_holder"),\n',
        "",
        "test_erasing.py::test_an_administrators_retry_gets_the_first_answer_without_the_person",
    ),
)
