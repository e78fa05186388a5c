"""The two actors of the brief."""

from enum import StrEnum


class Role(StrEnum):
    """What an account may do; an administrator may call everything."""

    ADMINISTRATOR = "administrator"
    NORMAL = "normal"


EVERYBODY = frozenset(Role)
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
