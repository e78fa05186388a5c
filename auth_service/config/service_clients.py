"""Which services may ask for a service token, read from SERVICE_CLIENTS."""

import re

_HASH = re.compile(r"[0-9a-f]{64}")
MOST_SECRETS = 2


def parse_service_clients(text: str) -> dict[str, tuple[bytes, ...]]:
    """This function will return each client's SHA-256 hashes of its valid secrets.

    The text is `client=<hash>[+<hash>],…`: two are valid at once while a secret is
    being replaced. Raises ValueError, with a sentence that names what is wrong.
    """
    clients: dict[str, tuple[bytes, ...]] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        client, _, listed = entry.partition("=")
        hashes = listed.split("+")
        if not client or not all(_HASH.fullmatch(one) for one in hashes):
            raise ValueError(
                "SERVICE_CLIENTS must read like promo_service=<SHA-256 as 64 hex "
                f"digits>; the entry of {client or 'no client'!r} does not."
            )
        if len(hashes) > MOST_SECRETS or client in clients:
            raise ValueError(
                f"SERVICE_CLIENTS gives {client!r} more than {MOST_SECRETS} secrets, "
                "or names it twice."
            )
        clients[client] = tuple(bytes.fromhex(one) for one in hashes)
    return clients
