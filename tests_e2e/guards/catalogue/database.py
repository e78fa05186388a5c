"""The database when it is away, and migrations beside those who use it."""

from tests_e2e.guards.guard import Guard, Place

_PROMO = "promo_service/tests"
_BASE = Place("chassis/database/base.py", _PROMO)
_TROUBLES = "test_database_troubles.py::"

GUARDS: tuple[Guard, ...] = (
    _BASE.guard(
        "database: a connection that can't write is left",
        "fail-over",
        "                self.close_at = 0.0\n",
        "                pass\n",
        _TROUBLES
        + "test_a_connection_that_can_not_write_is_left_whoever_kept_the_error",
    ),
    _BASE.guard(
        "database: every wait of TCP has an end",
        "silence",
        "return {**BOUNDS, **super().get_connection_params()}",
        "return {**super().get_connection_params()}",
        _TROUBLES + "test_every_wait_of_tcp_has_an_end_unless_the_url_says_otherwise",
    ),
    _BASE.guard(
        "readiness: asks whether the database takes writes",
        "fail-over",
        "(pg_is_in_recovery() OR current_setting('transaction_read_only')::bool)",
        "(pg_is_in_recovery())",
        _TROUBLES + "test_a_server_that_takes_no_writes_is_not_ready",
    ),
    Place("chassis/database/silence.py", _PROMO).guard(
        "database: a server that says nothing is not waited for",
        "silence",
        "                    _cut(wrapper.connection)\n",
        "                    pass\n",
        _TROUBLES + "test_a_server_that_says_nothing_is_not_waited_for",
    ),
    Place("chassis/gunicorn_worker.py", _PROMO).guard(
        "liveness: a thread of its own",
        "silence",
        "        if _asks_for_health(connection):\n",
        "        if False:\n",
        "test_silent_database.py::"
        "test_it_is_503_soon_and_alive_all_the_time_and_well_at_once",
    ),
    Place("chassis/database/management/commands/migrate.py", _PROMO).guard(
        "migration: nobody waits long behind its locks",
        "migrations",
        'limit = f"{_LOCK_SECONDS}s" if migration.atomic else "0"',
        'limit = "4s"',
        "test_migrating.py::"
        "test_a_migration_tries_again_and_uses_wait_for_no_more_than_a_try",
    ),
)
