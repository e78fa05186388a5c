"""Bodies and answers of tokens."""

from typing import Any

from django.core.validators import ProhibitNullCharactersValidator
from rest_framework import serializers

from auth_service.tokens.issuing import TokenPair
from chassis.serializers import StrictSerializer


class SecretField(serializers.CharField):
    """Text that is taken exactly as it was sent: not trimmed, not normalised."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)
        # Secrets reach no database column, so a NUL in one does no harm.
        self.validators = [
            one
            for one in self.validators
            if not isinstance(one, ProhibitNullCharactersValidator)
        ]

    def to_internal_value(self, data: Any) -> str:
        """This function will return the text. Raises ValidationError."""
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class RefreshRequest(StrictSerializer):
    """A refresh token."""

    refresh = SecretField()


class TokenAnswer(serializers.Serializer[Any]):
    """The tokens of a session; `expires_in` are the access token's seconds."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()


def present_pair(pair: TokenPair) -> dict[str, Any]:
    """This function will return a TokenAnswer's members; DRF would copy its fields."""
    return {
        "access": pair.access,
        "refresh": pair.refresh,
        "token_type": pair.token_type,
        "expires_in": pair.expires_in,
    }


class ServiceTokenRequest(StrictSerializer):
    """Who is asking, and its secret."""

    client_id = SecretField()
    client_secret = SecretField()


class KeyAnswer(serializers.Serializer[Any]):
    """A public key, as RFC 7517 and RFC 7518 write it."""

    kty = serializers.CharField()
    kid = serializers.CharField()
    use = serializers.CharField()
    alg = serializers.CharField()
    n = serializers.CharField()
    e = serializers.CharField()


class KeySetAnswer(serializers.Serializer[Any]):
    """The key set."""

    keys = KeyAnswer(many=True)
