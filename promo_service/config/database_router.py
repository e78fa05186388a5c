"""Keeps the tables of Django's own users out of the promo database."""

from typing import Any

_KEPT_AWAY = {"auth", "contenttypes"}


class NoDjangoUsers:
    """Users live in auth_service; simplejwt alone needs these models to import."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """This function will say no to the migrations of those apps."""
        return False if app_label in _KEPT_AWAY else None
