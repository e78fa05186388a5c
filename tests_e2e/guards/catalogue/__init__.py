"""The guards of the system, by what they are about."""

from tests_e2e.guards.catalogue import (
    access,
    accounts,
    database,
    following,
    gateway,
    granting,
    json_bodies,
    lockout,
    moving,
    outbox,
    points,
    schema,
    sessions,
    wire,
)
from tests_e2e.guards.guard import Guard

GUARDS: tuple[Guard, ...] = (
    *points.GUARDS,
    *granting.GUARDS,
    *moving.GUARDS,
    *following.GUARDS,
    *schema.GUARDS,
    *access.GUARDS,
    *wire.GUARDS,
    *json_bodies.GUARDS,
    *accounts.GUARDS,
    *sessions.GUARDS,
    *lockout.GUARDS,
    *outbox.GUARDS,
    *gateway.GUARDS,
    *database.GUARDS,
)
