"""Accounts: roles, passwords, and the administrator who must remain."""

from tests_e2e.guards.guard import Edit, Guard, Place

_SUITE = "auth_service/tests"
_MODIFYING = Place("auth_service/accounts/services/modifying.py", _SUITE)
_CHANGES = Place("auth_service/accounts/services/changes.py", _SUITE)
_HASHING = Place("auth_service/accounts/hashing.py", _SUITE)
_USER_VIEWS = Place("auth_service/accounts/views/users.py", _SUITE)
_SERIALIZERS = Place("auth_service/accounts/serializers.py", _SUITE)
_SCHEMA = Place("auth_service/accounts/migrations/0001_initial.py", _SUITE)
_A = "test_administration.py::"
_LAST = _A + "test_the_last_active_administrator_stays"
_TABLE = "test_access.py::test_each_role_gets_what_the_table_says"
_IMPOSSIBLE = (
    "test_registering.py::test_the_database_itself_refuses_what_no_user_can_be"
)
_LEAVING_AT_ONCE = (
    "test_races.py::test_of_two_administrators_removing_each_other_one_remains"
)
_BECOMES_ADMINISTRATOR = (
    _A + "test_becoming_an_administrator_voids_and_clears_the_number"
)

GUARDS: tuple[Guard, ...] = (
    _MODIFYING.guard(
        "administrators: one remains",
        "one-administrator-remains",
        "exclude(id=without.id).exists():\n        raise LastAdministrator\n",
        "exclude(id=without.id).exists():\n        pass\n",
        _LAST,
    ),
    _MODIFYING.guard(
        "administrators: one remains after a deletion",
        "one-administrator-remains",
        "    _keep_an_administrator(without=user)\n    store_changes(user, {",
        "    store_changes(user, {",
        _LAST,
    ),
    _MODIFYING.guard(
        "administrators: one remains after a suspension",
        "one-administrator-remains",
        'if role != Role.ADMINISTRATOR or values.get("is_active") is False:',
        "if role != Role.ADMINISTRATOR:",
        _LAST,
    ),
    _MODIFYING.guard(
        "administrators: all are locked",
        "one-administrator-remains",
        "        wanted |= LIVE_ADMINISTRATOR\n",
        "        pass\n",
        _LEAVING_AT_ONCE,
    ),
    _MODIFYING.guard(
        "administrators: the lock itself",
        "one-administrator-remains",
        '.order_by("id").select_for_update(no_key=True)',
        '.order_by("id")',
        _LEAVING_AT_ONCE,
    ),
    _MODIFYING.guard(
        "administrators: locked in one order",
        "no deadlock",
        '.order_by("id").select_for_update(no_key=True)',
        ".select_for_update(no_key=True)",
        "test_locks.py::test_administrators_are_locked_in_the_order_of_their_ids",
    ),
    _MODIFYING.guard(
        "accounts: a deleted user is gone",
        "accounts",
        "if user is None or user.deleted_at is not None:",
        "if user is None:",
        _A + "test_a_deleted_user_is_gone_for_good",
    ),
    _MODIFYING.guard(
        "accounts: an administrator has no number",
        "accounts",
        '        values["mobile_number"] = None\n',
        "        pass\n",
        _BECOMES_ADMINISTRATOR,
    ),
    _MODIFYING.guard(
        "accounts: a normal user has a number",
        "accounts",
        '    elif values.get("mobile_number", user.mobile_number) is None:\n',
        "    elif False:\n",
        _A + "test_becoming_normal_again_needs_a_number_and_restores_nothing",
    ),
    _CHANGES.guard(
        "changes: each is a version",
        "only-normal-users-hold",
        "        user.version += 1\n",
        "        pass\n",
        _A + "test_a_suspended_user_is_out_until_reactivated",
        "test_me.py::test_the_version_counts_what_other_services_know",
    ),
    _CHANGES.guard(
        "changes: becoming an administrator voids",
        "only-normal-users-hold",
        'changed.get("role") == Role.ADMINISTRATOR or "deleted_at" in changed',
        '"deleted_at" in changed',
        _BECOMES_ADMINISTRATOR,
    ),
    _CHANGES.guard(
        "changes: a deletion voids",
        "only-normal-users-hold",
        'changed.get("role") == Role.ADMINISTRATOR or "deleted_at" in changed',
        'changed.get("role") == Role.ADMINISTRATOR',
        _A + "test_a_deleted_user_is_gone_for_good",
    ),
    _CHANGES.guard(
        "changes: sessions end",
        "sessions",
        "        end_sessions(user_id=user.id, now=now)\n",
        "        pass\n",
        _A + "test_a_suspended_user_is_out_until_reactivated",
        _A + "test_a_new_password_by_an_administrator_ends_every_session",
    ),
    _CHANGES.guard(
        "changes: who did it is on record",
        "audit",
        "    _record(user, changes, actor_id=actor_id, now=now)\n",
        "",
        _BECOMES_ADMINISTRATOR,
    ),
    _CHANGES.guard(
        "changes: what stays the same is none",
        "only-normal-users-hold",
        "name: value for name, value in values.items() if getattr(user, name) != value",
        "name: value for name, value in values.items()",
        _A + "test_what_is_so_already_is_no_change",
    ),
    _USER_VIEWS.guard(
        "role: administrators alone see who exists",
        "own-promos-only",
        '    allow = {\n        "GET": ADMINISTRATORS,\n',
        '    allow = {\n        "GET": frozenset({"normal", "administrator"}),\n',
        _TABLE,
        "test_access.py::test_a_normal_user_is_told_nothing_of_who_exists",
    ),
    _USER_VIEWS.guard(
        "role: administrators alone modify users",
        "own-promos-only",
        '        "PATCH": ADMINISTRATORS,\n',
        '        "PATCH": frozenset({"normal", "administrator"}),\n',
        _TABLE,
    ),
    _USER_VIEWS.guard(
        "role: administrators alone delete users",
        "own-promos-only",
        '        "DELETE": ADMINISTRATORS,\n',
        '        "DELETE": frozenset({"normal", "administrator"}),\n',
        _TABLE,
    ),
    _USER_VIEWS.guard(
        "role: administrators alone set passwords",
        "own-promos-only",
        '    allow = {"POST": ADMINISTRATORS}\n',
        '    allow = {"POST": frozenset({"normal", "administrator"})}\n',
        _TABLE,
    ),
    Place("auth_service/accounts/views/open.py", _SUITE).guard(
        "role: whoever registers is a normal user",
        "own-promos-only",
        "            **self.body(RegisterRequest),\n            role=Role.NORMAL,\n",
        '            **{"role": Role.NORMAL, **self.body(RegisterRequest)},\n',
        "test_registering.py::test_a_value_just_outside_its_limits_is_named",
        also=(
            Edit(
                _SERIALIZERS.file,
                '    """A new normal user, by themselves."""\n',
                '    """A new normal user, by themselves."""\n\n'
                "    role = RoleField(required=False)\n",
            ),
        ),
    ),
    _SERIALIZERS.guard(
        "password: none that is common or like the name",
        "passwords",
        '                yield "password", fault\n',
        "                del fault\n",
        "test_registering.py::test_a_value_just_outside_its_limits_is_named",
    ),
    _SERIALIZERS.guard(
        "look-up: 500 at most",
        "internal",
        'if len(attrs["ids"]) + len(attrs["usernames"]) > MOST_LOOKED_UP:',
        "if False:",
        "test_internal.py::test_500_can_be_asked_for_at_a_time",
    ),
    _HASHING.guard(
        "log-in: an unknown name costs as much",
        "enumeration",
        "            make_password(password)\n            return False\n",
        "            return False\n",
        "test_logging_in.py::test_every_failure_says_the_same_and_costs_one_hash",
    ),
    _HASHING.guard(
        "log-in: a bounded number at a time",
        "memory",
        "        return self._hashing < self._at_once\n",
        "        return True\n",
        "test_password_queue.py::test_no_more_passwords_are_hashed_at_once_than_set",
    ),
    _HASHING.guard(
        "log-in: those that wait leave threads to all others",
        "availability",
        "if self._waiting >= self._most_waiting or work > self._seconds:",
        "if work > self._seconds:",
        "test_password_queue.py::test_who_finds_every_place_taken_is_refused_at_once",
    ),
    _SCHEMA.guard(
        "CHECK account_role_and_mobile_number",
        "accounts",
        "condition=models.Q(models.Q(('mobile_number__isnull', True), "
        "('role', chassis.roles.Role['ADMINISTRATOR'])), ",
        "condition=models.Q(models.Q(('version__gte', 0)), ",
        _IMPOSSIBLE,
        "test_registering.py::test_no_code_can_create_a_normal_user_without_a_number",
    ),
    _SCHEMA.guard(
        "CHECK account_void_version_was_reached",
        "only-normal-users-hold",
        "condition=models.Q(('void_version__gte', 0), "
        "('void_version__lte', models.F('version')))",
        "condition=models.Q(('void_version__gte', 0))",
        _IMPOSSIBLE,
    ),
)
