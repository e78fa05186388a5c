"""Keys, tokens and sessions."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """Keys that sign, tokens that they sign, and the sessions these belong to."""

    name = "auth_service.tokens"

    def ready(self) -> None:
        """This function will register what the API's document says of tokens."""
        from chassis import openapi  # noqa: F401, PLC0415  # needs the apps loaded
