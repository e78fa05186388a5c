"""Promos: create, modify, delete, list, get."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from rest_framework.request import Request

from chassis.answers import JsonAnswer
from chassis.openapi import list_operation, operation, request_header
from chassis.pagination import KeysetPage
from chassis.roles import ADMINISTRATORS, EVERYBODY
from chassis.strict_json import JsonRenderer
from promo_service.holders.directory import UserDirectoryUnavailable
from promo_service.holders.services import HolderNotEligible, find_by_name
from promo_service.promos import selectors
from promo_service.promos.models import Promo
from promo_service.promos.selectors import PromoFilters
from promo_service.promos.serializers.answers import PromoAnswer, PromosAnswer
from promo_service.promos.serializers.presenting import present_listed, present_promo
from promo_service.promos.serializers.queries import AllPromosQuery, MyPromosQuery
from promo_service.promos.serializers.requests import (
    CreatePromoRequest,
    CreatePromosRequest,
    ModifyPromoRequest,
    read_rows,
)
from promo_service.promos.services.bulk_granting import create_promos
from promo_service.promos.services.granting import (
    DuplicatePromoCode,
    Grant,
    create_promo,
)
from promo_service.promos.services.idempotency import IdempotencyKeyReused
from promo_service.promos.services.modifying import (
    AmountBelowUsed,
    VersionMismatch,
    delete_promo,
    modify_promo,
)
from promo_service.promos.views.base import IDEMPOTENCY_KEY, REPLAYED, PromoView

# `W/` is passed over: the gateway's compression makes every tag a weak one.
_ENTITY_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_ENTITY_TAGS = re.compile(r'(?:W/)?"[^"]*"(?:[ \t]*,[ \t]*(?:W/)?"[^"]*")*')
_VERSION = re.compile(r"[1-9]\d{0,17}", re.ASCII)
IF_MATCH = request_header(
    "If-Match",
    "The ETag that must still be the promo's, a list of them, or `*`.",
    pattern=r'^(\*|(W/)?"\d{1,18}"(, ?(W/)?"\d{1,18}")*)$',
)
ETAG = "The promo's version, to send back in `If-Match`."
EXAMPLE = {
    "username": "mona",
    "promo_type": "welcome",
    "promo_code": "WELCOME-100",
    "promo_amount": 100,
    "end_time": "2027-01-01T00:00:00Z",
}


class PromoList(PromoView):
    """All promos, for administrators."""

    allow = {"GET": ADMINISTRATORS, "POST": ADMINISTRATORS}
    query_serializers = {"GET": AllPromosQuery}
    header_parameters = {"POST": [IDEMPOTENCY_KEY]}

    @list_operation("Get_promo_list_all_users", PromoAnswer)
    def get(self, request: Request) -> JsonAnswer:
        """This function will answer with a page of everybody's promos, newest first."""
        return _page(self, holder_id=None)

    @operation(
        "Create_promo",
        body=CreatePromoRequest,
        answer=PromoAnswer,
        status=201,
        refusals=[
            DuplicatePromoCode,
            HolderNotEligible,
            IdempotencyKeyReused,
            UserDirectoryUnavailable,
        ],
        headers={"Location": "Where the promo is.", "ETag": ETAG, **REPLAYED},
        examples={"a welcome": EXAMPLE},
    )
    def post(self, request: Request) -> JsonAnswer:
        """This function will give a normal user a promo."""
        body = self.body(CreatePromoRequest)
        granted = create_promo(
            actor=self.caller,
            grant=Grant(**body),
            present=_as_text,
            key=self.keyed_request(body),
        )
        answer = orjson.loads(granted.answer)
        headers = {
            "Location": f"/api/v1/promos/{answer['id']}",
            "ETag": _etag(answer["version"]),
        }
        return self.answer_once(answer, replayed=granted.replayed, headers=headers)


class PromoBulk(PromoView):
    """Many grants at once."""

    allow = {"POST": ADMINISTRATORS}
    # 500 promos with the longest descriptions; with all else escaped it would be more.
    own_largest_body = 4 * 1024 * 1024
    header_parameters = {"POST": [IDEMPOTENCY_KEY]}

    @operation(
        "Create_promos",
        body=CreatePromosRequest,
        answer=PromosAnswer,
        status=201,
        refusals=[IdempotencyKeyReused, UserDirectoryUnavailable],
        headers=REPLAYED,
        examples={"two": {"promos": [EXAMPLE, {**EXAMPLE, "promo_code": "SECOND"}]}},
    )
    def post(self, request: Request) -> JsonAnswer:
        """This function will give up to 500 promos, all of them or none."""
        rows, faults = read_rows(self.body(CreatePromosRequest)["promos"])
        granted = create_promos(
            actor=self.caller,
            grants={place: Grant(**row) for place, row in rows.items()},
            faults=faults,
            present=_all_as_text,
            key=self.keyed_request(rows),
        )
        answer = orjson.loads(granted.answer)
        return self.answer_once(answer, replayed=granted.replayed)


class LargeBodySender(PromoView):
    """Whom the gateway takes a large body from: those who may send a bulk.

    It asks before it reads the body, with the headers of the request alone.
    """

    schema = None
    allow = PromoBulk.allow

    def post(self, request: Request) -> JsonAnswer:
        """Answer that the caller may send the body."""
        return JsonAnswer(status=204)


class PromoListMe(PromoView):
    """The caller's own promos; an administrator has none."""

    allow = {"GET": EVERYBODY}
    query_serializers = {"GET": MyPromosQuery}

    @list_operation("Get_promo_list_me", PromoAnswer)
    def get(self, request: Request) -> JsonAnswer:
        """This function will answer with a page of one's own promos, newest first."""
        return _page(self, holder_id=self.caller.id)


class PromoDetail(PromoView):
    """One promo."""

    allow = {"GET": EVERYBODY, "PATCH": ADMINISTRATORS, "DELETE": ADMINISTRATORS}
    header_parameters = {"PATCH": [IF_MATCH], "DELETE": [IF_MATCH]}
    conditions = frozenset({"If-Match"})

    @operation("Get_promo", answer=PromoAnswer, headers={"ETag": ETAG})
    def get(self, request: Request, promo_id: UUID) -> JsonAnswer:
        """This function will show the promo to its owner or an administrator."""
        holder_id = selectors.visible_to(self.caller)
        return _show(selectors.get_promo(promo_id=promo_id, holder_id=holder_id))

    @operation(
        "Modify_promo",
        body=ModifyPromoRequest,
        answer=PromoAnswer,
        refusals=[VersionMismatch, AmountBelowUsed, DuplicatePromoCode],
        headers={"ETag": ETAG},
        examples={
            "more points": {"promo_amount": 150},
            "without an end": {"end_time": None},
        },
    )
    def patch(self, request: Request, promo_id: UUID) -> JsonAnswer:
        """This function will change the attributes that the body names."""
        changes = self.body(ModifyPromoRequest)
        promo = modify_promo(
            actor=self.caller,
            promo_id=promo_id,
            changes=changes,
            versions=self._versions(),
        )
        return _show(promo)

    @operation("Delete_promo", status=204, refusals=[VersionMismatch])
    def delete(self, request: Request, promo_id: UUID) -> JsonAnswer:
        """This function will delete the promo; its history stays in the ledger."""
        delete_promo(actor=self.caller, promo_id=promo_id, versions=self._versions())
        return JsonAnswer(status=204)

    def _versions(self) -> frozenset[int] | None:
        """Read `If-Match` (RFC 9110): None where any version will do."""
        header = self.request.headers.get("If-Match", "*").strip()
        if header == "*":
            return None
        if not _ENTITY_TAGS.fullmatch(header):
            return frozenset()
        tags = _ENTITY_TAG.findall(header)
        return frozenset(int(tag) for tag in tags if _VERSION.fullmatch(tag))


def _show(promo: Promo) -> JsonAnswer:
    return JsonAnswer(present_promo(promo), headers={"ETag": _etag(promo.version)})


def _etag(version: int) -> str:
    return f'"{version}"'


def _page(view: PromoView, *, holder_id: UUID | None) -> JsonAnswer:
    filters = PromoFilters(**view.query_filters)
    page = _read_page(view, filters, holder_id)
    if filters.username is not None and not page.rows:
        # None of that name, or it must be asked whose it is.
        named = find_by_name(username=filters.username)
        if named is not None and filters.user_id in (None, named):
            by_id = replace(filters, user_id=named, username=None)
            page = _read_page(view, by_id, holder_id)
    return page.answer(view.request, present_listed)


def _read_page(
    view: PromoView, filters: PromoFilters, holder_id: UUID | None
) -> KeysetPage:
    promos = selectors.list_promos(holder_id=holder_id, filters=filters)
    return KeysetPage(promos, keys=filters.order, view=view)


def _all_as_text(promos: Sequence[Promo]) -> str:
    return _json({"results": list(map(present_promo, promos))})


def _as_text(promo: Promo) -> str:
    return _json(present_promo(promo))


def _json(answer: Any) -> str:
    return JsonRenderer().render(answer).decode()
