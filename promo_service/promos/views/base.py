"""What this service's endpoints share: who calls, and the Idempotency-Key header."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.exceptions import ErrorDetail, ValidationError

from chassis.answers import JsonAnswer
from chassis.headers import REPEATED
from chassis.openapi import request_header
from chassis.pagination import filters_of
from chassis.views import ApiView
from promo_service.holders.authentication import HolderAwareAuthentication
from promo_service.promos.metrics import REPLAYS
from promo_service.promos.services.idempotency import KeyedRequest

IDEMPOTENCY_KEY = request_header(
    "Idempotency-Key",
    "Makes a retry safe: 1 to 255 visible ASCII characters, your own for each effect.",
    pattern="^[!-~]{1,255}$",
)
REPLAYED = {"Idempotent-Replayed": "`true` where it is the first answer again."}
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_NAME = "Idempotency-Key"
# What others call it. It would be ignored, and the retry take effect again.
_MISSPELT = {
    "HTTP_X_IDEMPOTENCY_KEY": "X-Idempotency-Key",
    "HTTP_IDEMPOTENT_KEY": "Idempotent-Key",
    "HTTP_IDEMPOTENCYKEY": "IdempotencyKey",
}
_WRONG = {
    "invalid": "1 to 255 visible ASCII characters are needed.",
    "repeated": "Give this once only.",
    "misspelt": "The header is called Idempotency-Key.",
}


def _wrong_key(header: str, code: str) -> ValidationError:
    return ValidationError({header: [ErrorDetail(_WRONG[code], code)]})


class PromoView(ApiView):
    """An endpoint of the promo service."""

    authentication_classes = (HolderAwareAuthentication,)

    @property
    def query_filters(self) -> dict[str, Any]:
        """The filters of a list's query."""
        return filters_of(self.query)

    def keyed_request(self, body: Mapping[Any, Any]) -> KeyedRequest | None:
        """This function will return the caller's key with what it stands for, if any.

        The fingerprint is of method, path and validated body. Raises ValidationError.
        """
        meta = self.request.META
        for variable, misspelt in _MISSPELT.items():
            if variable in meta:
                raise _wrong_key(misspelt, "misspelt")
        key = meta.get("HTTP_IDEMPOTENCY_KEY")
        if key is None:
            return None
        if not _KEY.fullmatch(key):
            raise _wrong_key(_NAME, "repeated" if REPEATED in key else "invalid")
        request = [self.request.method, self.request.path, body]
        canonical = orjson.dumps(request, option=_CANONICAL)
        digest = hashlib.sha256(canonical).digest()
        return KeyedRequest(self.caller.id, key, digest)

    def answer_once(
        self,
        body: Any,
        *,
        replayed: bool,
        headers: Mapping[str, str] | None = None,
    ) -> JsonAnswer:
        """This function will answer 201, and say if it is the first answer again."""
        again = {}
        if replayed:
            REPLAYS.inc()
            again = {"Idempotent-Replayed": "true"}
        return JsonAnswer(body, status=201, headers={**(headers or {}), **again})
