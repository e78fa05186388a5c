"""Events of users, on their way to promo_service."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Events that are written with a change, and the relay that delivers them."""

    name = "auth_service.outbox"
