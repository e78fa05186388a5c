"""Users, and what administrators do with them."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, their passwords, and the record of who changed them."""

    name = "auth_service.accounts"
