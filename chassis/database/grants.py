"""What the service's role may do to the tables that the migrations made."""

from collections.abc import Collection
from typing import Any

# `make run` has one role, which owns everything: there is nobody to grant to.
_ROLE = """
    SELECT rolname FROM pg_roles
    WHERE rolname = current_database() || '_service' AND rolname <> current_user
"""
_MAY_DELETE = """
    SELECT relname, has_table_privilege(%(role)s, oid, 'DELETE') FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND relowner = current_user::regrole
"""


def grant_deletes(wrapper: Any, tables: Collection[str]) -> None:
    """Let the service remove rows of these tables, and of no other one, now or later.

    The role is NAME_service, of a database NAME (k8s/database/roles.sql). The caller is
    the owner of the tables, as migrations are.
    """
    name = wrapper.ops.quote_name
    with wrapper.cursor() as cursor:
        cursor.execute(_ROLE)
        found = cursor.fetchone()
        if found is None:
            return
        role = name(found[0])
        cursor.execute(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
            f" REVOKE DELETE ON TABLES FROM {role}"
        )
        cursor.execute(_MAY_DELETE, {"role": found[0]})
        for table, may in cursor.fetchall():
            if may and table not in tables:
                cursor.execute(f"REVOKE DELETE ON {name(table)} FROM {role}")
            elif table in tables and not may:
                cursor.execute(f"GRANT DELETE ON {name(table)} TO {role}")
