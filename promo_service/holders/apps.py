"""Who may hold a promo."""

from django.apps import AppConfig


class HoldersConfig(AppConfig):
    """Holders, the directory client that looks them up, and the keys of tokens."""

    name = "promo_service.holders"
