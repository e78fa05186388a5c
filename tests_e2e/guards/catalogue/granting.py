"""Granting, modifying and deleting promos."""

from tests_e2e.guards.guard import Edit, Guard, Place

_SUITE = "promo_service/tests"
_GRANTING = Place("promo_service/promos/services/granting.py", _SUITE)
_BULK = Place("promo_service/promos/services/bulk_granting.py", _SUITE)
_MODIFYING = Place("promo_service/promos/services/modifying.py", _SUITE)
_LOCKS = Place("promo_service/holders/selectors.py", _SUITE)
_HOLDER = Place("promo_service/holders/models.py", _SUITE)
_MOVING = Place("promo_service/promos/services/movements.py", _SUITE)
_LEARNING = Place("promo_service/holders/services.py", _SUITE)
_VIEWS = Place("promo_service/promos/views/promos.py", _SUITE)
_AFTER_CLOSED_DAYS = (
    "test_closed_books.py::"
    "test_what_a_clock_would_date_into_a_closed_day_is_dated_after_it"
)
_MODIFY = "test_modifying.py::TestModifyPromo::"
_DELETE = "test_modifying.py::TestDeletePromo::"
_CREATE = "test_granting.py::TestCreatePromo::"
_NOBODY = _CREATE + "test_nobody_who_may_not_hold_is_given_a_promo"
_BULK_FAULTS = (
    "test_bulk_granting.py::test_one_faulty_row_stops_all_and_every_fault_is_named"
)
_LOCKED_PROMO = 'Promo.objects.select_for_update(no_key=True, of=("self",))'
_STALE = "test_modifying.py::TestVersions::test_a_stale_version_is_not"

GUARDS: tuple[Guard, ...] = (
    _GRANTING.guard(
        "grant: the holder may hold",
        "only-normal-users-hold",
        "if not holder.may_hold or (told is not None and not told.may_hold):",
        "if False:",
        _NOBODY,
    ),
    _HOLDER.guard(
        "holder: not suspended",
        "grant",
        "return self.is_active and not self.deleted and",
        "return not self.deleted and",
        _NOBODY,
    ),
    _HOLDER.guard(
        "holder: not deleted",
        "only-normal-users-hold",
        "return self.is_active and not self.deleted and",
        "return self.is_active and",
        _NOBODY,
    ),
    _HOLDER.guard(
        "holder: no administrator",
        "only-normal-users-hold",
        "not self.deleted and self.role == Role.NORMAL",
        "not self.deleted",
        _NOBODY,
    ),
    _LOCKS.guard(
        "grant: the holder is share-locked",
        "only-normal-users-hold",
        "WHERE {condition} FOR SHARE) AS holder",
        "WHERE {condition}) AS holder",
        "test_waiting.py::test_a_grant_waits_for_a_change_of_role_under_way",
        "test_waiting.py::test_a_bulk_waits_for_a_change_of_role_under_way",
    ),
    _HOLDER.guard(
        "holder: nothing while promos are to be voided",
        "only-normal-users-hold",
        "        if self.void_since is not None:\n            return False\n",
        "",
        "test_voiding.py::"
        "test_under_the_mark_nothing_moves_even_if_the_user_is_normal_again",
    ),
    _BULK.guard(
        "bulk: promos are written in one order",
        "no deadlock",
        "write_promos(in_order, ",
        "write_promos(promos, ",
        "test_lock_order.py::test_bulks_in_opposite_orders_do_not_wait_for_each_other",
    ),
    _MODIFYING.guard(
        "modify: the holder is locked first",
        "no deadlock",
        "        holder = lock(user_id=holder_id)\n",
        "        from promo_service.holders.models import Holder\n"
        "        holder = Holder.objects.filter(user_id=holder_id).first()\n",
        "test_lock_order.py::test_it_waits_for_the_holder_before_it_locks_a_promo",
    ),
    _LOCKS.guard(
        "bulk: holders are locked by id",
        "no deadlock",
        "OR lower(username) = ANY(%s) ORDER BY user_id",
        "OR lower(username) = ANY(%s)",
        "test_waiting.py::test_a_bulk_locks_its_holders_in_the_order_of_their_ids",
    ),
    _LOCKS.guard(
        "grant: the time is read after waiting",
        "entries-in-sequence",
        "SELECT holder.*, clock_timestamp() AS locked_at",
        "SELECT holder.*, now() AS locked_at",
        "test_waiting.py::test_a_grant_that_waited_begins_when_the_wait_is_over",
    ),
    _GRANTING.guard(
        "grant: one transaction",
        "ledger-sums-to-balance, key-takes-effect-once",
        "        with transaction.atomic():\n            holder = lock_holder(",
        "        if True:\n            holder = lock_holder(",
        "test_one_transaction.py::test_a_grant_that_fails_at_the_end_leaves_nothing",
    ),
    _BULK.guard(
        "bulk: one transaction",
        "ledger-sums-to-balance, key-takes-effect-once",
        "    with transaction.atomic():\n",
        "    if True:\n",
        "test_one_transaction.py::test_a_bulk_that_fails_at_the_end_leaves_nothing",
    ),
    _GRANTING.guard(
        "grant: an end lies after its start",
        "grant",
        "            if faults := faults_of_end(grant, promo.creation_time):\n"
        "                raise ValidationError(faults)\n",
        "",
        _CREATE + "test_a_faulty_field_is_named[change18-end_time]",
        _CREATE + "test_a_faulty_field_is_named[change20-end_time]",
    ),
    _GRANTING.guard(
        "grant: a code that is taken is named",
        "grant",
        "    except IntegrityError as error:\n"
        '        if is_violation_of("promo_code_once_a_holder", error):\n'
        "            raise DuplicatePromoCode from error\n"
        "        raise\n",
        "    finally:\n        pass\n",
        _CREATE + "test_a_code_is_unique_among_a_users_undeleted_promos_alone",
    ),
    _GRANTING.guard(
        "grant: the key is kept with the effect",
        "key-takes-effect-once",
        "            if key is not None:\n"
        "                store_answer(\n"
        "                    key, answer=answer, of={holder.user_id}, "
        "now=promo.creation_time\n"
        "                )\n",
        "",
        _CREATE + "test_a_retried_grant_is_the_first_answer_without_asking_auth",
    ),
    _BULK.guard(
        "bulk: the key is kept with the effect",
        "key-takes-effect-once",
        "        if key is not None:\n",
        "        if False:\n",
        "test_bulk_granting.py::test_a_retry_gets_the_first_answer",
    ),
    _BULK.guard(
        "bulk: every holder may hold",
        "only-normal-users-hold",
        "    if may_hold:\n        return {}\n",
        "    if holder:\n        return {}\n",
        _BULK_FAULTS,
    ),
    _BULK.guard(
        "bulk: a code twice within is named",
        "grant",
        "        if code not in taken and len(rows) == 1:\n",
        "        if code not in taken:\n",
        _BULK_FAULTS,
    ),
    _BULK.guard(
        "bulk: all or nothing",
        "grant",
        "        if all_faults:\n",
        "        if all_faults and not promos:\n",
        _BULK_FAULTS,
    ),
    _BULK.guard(
        "bulk: a code taken meanwhile is looked for again",
        "grant",
        'if not is_violation_of("promo_code_once_a_holder", error):',
        "if True:",
        "test_waiting.py::test_a_bulk_whose_code_is_given_meanwhile_names_it",
    ),
    _LEARNING.guard(
        "holder: a newer version alone applies",
        "only-normal-users-hold",
        "WHERE (holder.version < excluded.version\n",
        "WHERE (true\n",
        "test_directory.py::test_an_older_version_never_replaces_a_newer_one",
    ),
    _MODIFYING.guard(
        "modify: the promo is locked",
        "ledger-sums-to-balance",
        _LOCKED_PROMO,
        "Promo.objects.all()",
        "test_races.py::test_uses_against_modifications_of_the_amount_lose_nothing",
        "test_waiting.py::test_a_modification_waits_for_a_use_under_way",
    ),
    _MODIFYING.guard(
        "modify: one transaction",
        "ledger-sums-to-balance",
        "        with transaction.atomic():\n            promo = _lock_promo(",
        "        if True:\n            promo = _lock_promo(",
        "test_one_transaction.py::test_a_modification_that_fails_at_the_end_leaves_all",
        # A lock can't be had outside a transaction.
        also=(Edit(_MODIFYING.file, _LOCKED_PROMO, "Promo.objects.all()"),),
    ),
    _MODIFYING.guard(
        "modify: not below what is used",
        "balance-within-amount",
        "    if promo.remaining_points + delta < 0:\n",
        "    if False:\n",
        _MODIFY + "test_an_amount_below_what_is_used_is_refused",
    ),
    _MODIFYING.guard(
        "modify: an end lies after its start",
        "grant",
        "    if faults := end_before_start(start, "
        'changed.get("end_time", promo.end_time)):\n'
        "        raise ValidationError(faults)\n",
        "",
        _MODIFY + "test_an_end_before_the_start_is_refused",
    ),
    _MOVING.guard(
        "moving: time never runs backwards",
        "entries-in-sequence",
        "max(moment, promo.last_entry_time, promo.books_closed_until or moment)",
        "max(moment, promo.books_closed_until or moment)",
        "test_replays.py::test_a_modification_is_never_before_the_last_entry",
        "test_reversing.py::test_times_do_not_run_backwards_when_the_clock_is_set_back",
    ),
    _MOVING.guard(
        "moving: no entry is dated into a closed day",
        "entries-in-sequence",
        "promo.last_entry_time, promo.books_closed_until or moment)",
        "promo.last_entry_time)",
        _AFTER_CLOSED_DAYS,
    ),
    _GRANTING.guard(
        "grant: no entry is dated into a closed day",
        "entries-in-sequence",
        "GREATEST(%(now)s, (SELECT closed_until FROM books))",
        "GREATEST(%(now)s)",
        _AFTER_CLOSED_DAYS,
    ),
    _MOVING.guard(
        "modify: each version is kept",
        "revisions",
        "    _revision(promo, by, now).save(force_insert=True)\n",
        "",
        _MODIFY + "test_attributes_change_and_each_version_is_kept",
    ),
    _MODIFYING.guard(
        "modify: what is equal is no change",
        "revisions",
        "                if getattr(promo, name) != value\n",
        "",
        _MODIFY + "test_an_empty_or_equal_change_changes_nothing",
    ),
    _MODIFYING.guard(
        "If-Match: a stale version is refused",
        "412",
        "if versions is not None and promo.version not in versions:",
        "if False:",
        _STALE,
    ),
    _VIEWS.guard(
        "If-Match: what can't be read fits nothing",
        "412",
        "            return frozenset()\n",
        "            return None\n",
        _STALE,
    ),
    _MODIFYING.guard(
        "delete: no deleted promo is touched again",
        "delete",
        "rows.filter(id=promo_id, deleted_at__isnull=True)",
        "rows.filter(id=promo_id)",
        _DELETE + "test_a_second_time_there_is_nothing_to_delete",
    ),
    _MOVING.guard(
        "delete: what is left is voided",
        "ledger-sums-to-balance",
        "    FROM living WHERE remaining_points > 0\n",
        "    FROM living WHERE FALSE\n",
        _DELETE + "test_it_leaves_every_list_and_its_rest_is_voided",
        "test_races.py::test_uses_against_a_deletion_happen_before_it_or_not_at_all",
    ),
    Place("promo_service/promos/selectors/promos.py", _SUITE).guard(
        "delete: it leaves every list",
        "delete",
        "Promo.objects.filter(deleted_at__isnull=True)",
        "Promo.objects.all()",
        _DELETE + "test_it_leaves_every_list_and_its_rest_is_voided",
    ),
)
