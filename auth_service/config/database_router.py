"""Keeps the tables of Django's own users, groups and permissions out."""

from typing import Any

_KEPT_AWAY = {"auth", "contenttypes"}


class NoDjangoUsers:
    """Accounts are `auth_service.accounts`; simplejwt imports these models, no more."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """This function will say no to the migrations of those apps."""
        return False if app_label in _KEPT_AWAY else None
