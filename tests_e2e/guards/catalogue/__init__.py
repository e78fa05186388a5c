"""The guards of the system, by what they are about."""

from tests_e2e.guards.catalogue import (
    access,
    accounts,
    following,
    gateway,
    granting,
    moving,
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
    *accounts.GUARDS,
    *sessions.GUARDS,
    *gateway.GUARDS,
)
