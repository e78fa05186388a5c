"""What the database itself refuses, whatever code or a hand at psql tries."""

from tests_e2e.guards.guard import Guard, Place

_SUITE = "promo_service/tests"
_FIRST = "promo_service/promos/migrations/0001_initial.py"
_TRIGGERS = Place("promo_service/promos/migrations/0002_append_only.py", _SUITE)
_ERASURE = Place(
    "promo_service/promos/migrations/0004_erasable_descriptions.py", _SUITE
)
_UPDATES = "test_invariants.py::test_the_database_refuses_what_cannot_be"
_ENTRIES = "test_schema.py::test_the_database_refuses_an_entry_that_cannot_be"
_ROWS = "test_schema.py::test_the_database_refuses_a_row_that_cannot_be"
_APPEND_ONLY = (
    "test_invariants.py::test_entries_and_revisions_are_never_changed_or_deleted"
)


def _constraint(serves: str, table: str, constraint: str, *tests: str) -> Guard:
    """Return a constraint as a guard: the schema is made without it."""
    drop = f"ALTER TABLE {table} DROP CONSTRAINT {constraint};\n"
    start = "CREATE FUNCTION refuse_change_but_erasure()"
    return _ERASURE.guard(f"CHECK {constraint}", serves, start, drop + start, *tests)


GUARDS: tuple[Guard, ...] = (
    _constraint(
        "balance-within-amount", "promo", "promo_remaining_within_amount", _UPDATES
    ),
    _constraint(
        "balance-within-amount", "promo", "promo_amount_within_limits", _UPDATES
    ),
    _constraint("grant", "promo", "promo_ends_after_start", _ROWS),
    _constraint(
        "ledger-sums-to-balance", "promo", "promo_deleted_has_no_points", _UPDATES
    ),
    _constraint(
        "reversed-within-used", "redemption", "redemption_points_positive", _ROWS
    ),
    _constraint(
        "reversed-within-used",
        "redemption",
        "redemption_reversed_within_points",
        _UPDATES,
    ),
    _constraint(
        "reversed-within-used", "redemption_part", "part_points_positive", _ROWS
    ),
    _constraint(
        "reversed-within-used",
        "redemption_part",
        "part_reversed_within_points",
        _UPDATES,
    ),
    _constraint(
        "balance-within-amount", "redemption_part", "part_remaining_not_negative", _ROWS
    ),
    _constraint("reversed-within-used", "reversal", "reversal_points_positive", _ROWS),
    _constraint(
        "ledger-sums-to-balance", "ledger_entry", "entry_sign_fits_type", _ENTRIES
    ),
    _constraint(
        "balance-within-amount", "ledger_entry", "entry_balance_not_negative", _ENTRIES
    ),
    _constraint(
        "entries-in-sequence", "ledger_entry", "entry_sequence_from_one", _ENTRIES
    ),
    _constraint(
        "reversed-within-used", "ledger_entry", "entry_names_its_redemption", _ENTRIES
    ),
    _constraint(
        "key-takes-effect-once", "idempotency_key", "key_has_an_answer", _UPDATES
    ),
    _constraint("only-normal-users-hold", "holder", "holder_role", _ROWS),
    _ERASURE.guard(
        "unique: a number in a ledger",
        "entries-in-sequence",
        "CREATE FUNCTION refuse_change_but_erasure()",
        "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_pkey;\n"
        "CREATE FUNCTION refuse_change_but_erasure()",
        "test_invariants.py::test_a_number_in_a_ledger_is_given_once",
    ),
    _ERASURE.guard(
        "unique: a caller's key",
        "key-takes-effect-once",
        "CREATE FUNCTION refuse_change_but_erasure()",
        "ALTER TABLE idempotency_key DROP CONSTRAINT idempotency_key_pkey;\n"
        "CREATE FUNCTION refuse_change_but_erasure()",
        "test_races.py::test_one_key_from_many_clients_at_once_takes_effect_once",
        "test_races.py::test_one_key_on_two_endpoints_at_once_takes_effect_on_one",
        "test_invariants.py::test_a_key_is_stored_once",
    ),
    _ERASURE.guard(
        "unique: a code among a user's promos",
        "grant",
        "CREATE FUNCTION refuse_change_but_erasure()",
        "DROP INDEX promo_code_once_a_holder;\n"
        "CREATE FUNCTION refuse_change_but_erasure()",
        "test_races.py::test_the_same_code_granted_at_once_is_one_promo",
        "test_granting.py::TestCreatePromo::test_a_code_is_unique_among_a_users_undeleted_promos_alone",
    ),
    Place(_FIRST, _SUITE).guard(
        "unique: a deleted promo's code is free",
        "grant",
        "constraint=models.UniqueConstraint("
        "condition=models.Q(('deleted_at__isnull', True)), ",
        "constraint=models.UniqueConstraint(",
        "test_granting.py::TestCreatePromo::test_a_code_is_unique_among_a_users_undeleted_promos_alone",
    ),
    _TRIGGERS.guard(
        "trigger: entries never change",
        "append-only",
        "BEFORE UPDATE OR DELETE ON ledger_entry",
        "BEFORE DELETE ON ledger_entry",
        _APPEND_ONLY,
    ),
    _TRIGGERS.guard(
        "trigger: entries never go",
        "append-only",
        "BEFORE UPDATE OR DELETE ON ledger_entry",
        "BEFORE UPDATE ON ledger_entry",
        _APPEND_ONLY,
    ),
    _ERASURE.guard(
        "trigger: revisions never change",
        "append-only",
        "    IF NEW IS DISTINCT FROM erased THEN\n",
        "    IF false THEN\n",
        _APPEND_ONLY,
    ),
    _ERASURE.guard(
        "trigger: revisions never go",
        "append-only",
        "CREATE TRIGGER promo_revision_append_only BEFORE DELETE ON promo_revision\n"
        "    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();\n"
        "CREATE TRIGGER promo_revision_erasable",
        "CREATE TRIGGER promo_revision_erasable",
        _APPEND_ONLY,
    ),
    Place(
        "auth_service/accounts/migrations/0001_initial.py", "auth_service/tests"
    ).guard(
        "unique: a username in any case",
        "accounts",
        "models.UniqueConstraint(django.db.models.functions.text.Lower('username'), "
        "name='account_username_taken')",
        "models.UniqueConstraint(fields=['username'], name='account_username_taken')",
        "test_registering.py::test_a_name_taken_in_any_case_is_refused",
        "test_races.py::test_of_two_who_want_a_name_at_once_one_gets_it",
    ),
    Place("promo_service/promos/migrations/0008_used_up.py", _SUITE).guard(
        "trigger: being used up follows the points",
        "lists",
        "AFTER UPDATE ON promo FOR EACH ROW\n    WHEN (",
        "AFTER UPDATE ON promo FOR EACH ROW\n    WHEN (FALSE AND ",
        "test_used_up.py::test_the_last_point_sets_it_and_no_other",
        "test_used_up.py::test_what_is_given_back_takes_it_away",
    ),
)
