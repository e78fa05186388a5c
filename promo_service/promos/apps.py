"""Promos, their ledger and their redemptions."""

from django.apps import AppConfig


class PromosConfig(AppConfig):
    """Promos, their ledger and their redemptions."""

    name = "promo_service.promos"

    def ready(self) -> None:
        """This function will register what the API's document says of tokens."""
        from chassis import openapi  # noqa: F401, PLC0415  # needs the apps loaded
