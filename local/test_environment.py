"""The environment in which a service is tested and checked, with nothing running."""

import hashlib
import secrets
from pathlib import Path

from local.system import TOKEN_AUDIENCE, TOKEN_ISSUER


def build_test_environment(
    service: str, folder: Path, database_url: str
) -> dict[str, str]:
    """Return every variable the service needs, with fresh secrets.

    Signing keys go to a fresh folder below the given one; nobody listens at the
    addresses.
    """
    keys = folder / "signing-keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    client_secret = secrets.token_hex(32)
    digest = hashlib.sha256(client_secret.encode()).hexdigest()
    return {
        "DJANGO_SETTINGS_MODULE": f"{service}.config.settings",
        "SECRET_KEY": secrets.token_hex(32),
        "DATABASE_URL": database_url,
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "TOKEN_ISSUER": TOKEN_ISSUER,
        "TOKEN_AUDIENCE": TOKEN_AUDIENCE,
        "PUBLIC_BIND": "127.0.0.1:8000",
        "INTERNAL_BIND": "127.0.0.1:8001",
        "SIGNING_KEYS_DIR": str(keys),
        "SERVICE_CLIENTS": f"promo_service={digest}",
        "PROMO_SERVICE_URL": "http://promo-service.invalid:8001",
        "AUTH_SERVICE_URL": "http://auth-service.invalid:8001",
        "SERVICE_CLIENT_ID": "promo_service",
        "SERVICE_CLIENT_SECRET": client_secret,
    }
