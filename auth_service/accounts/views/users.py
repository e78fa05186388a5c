"""Everybody's accounts, for administrators."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request

from auth_service.accounts import selectors
from auth_service.accounts.serializers import (
    CreateUserRequest,
    ModifyUserRequest,
    SetPasswordRequest,
    UserAnswer,
    UserQuery,
)
from auth_service.accounts.services.creating import UsernameTaken, create_user
from auth_service.accounts.services.modifying import (
    LastAdministrator,
    delete_user,
    modify_user,
)
from auth_service.accounts.services.passwords import set_password
from auth_service.accounts.views.base import AccountView
from chassis.answers import JsonAnswer
from chassis.openapi import list_operation, operation
from chassis.pagination import KeysetPage
from chassis.roles import ADMINISTRATORS

NEWEST_FIRST = ("-creation_time", "-id")


class UserList(AccountView):
    """All users."""

    allow = {"GET": ADMINISTRATORS, "POST": ADMINISTRATORS}
    query_serializers = {"GET": UserQuery}

    @list_operation("list_users", UserAnswer)
    def get(self, request: Request) -> JsonAnswer:
        """This function will answer with a page of users, newest first."""
        users = selectors.list_users(
            role=self.query.get("role"),
            is_active=self.query.get("is_active"),
            search=self.query.get("search"),
        )
        page = KeysetPage(users, keys=NEWEST_FIRST, view=self)
        return page.answer(request, _present_all)

    @operation(
        "create_user",
        body=CreateUserRequest,
        answer=UserAnswer,
        status=201,
        refusals=[UsernameTaken],
        examples={
            "a colleague": {
                "username": "karim",
                "password": "a long pass phrase",
                "name": "Karim Adel",
                "role": "administrator",
            }
        },
    )
    def post(self, request: Request) -> JsonAnswer:
        """This function will make a user of either role."""
        body = self.body(CreateUserRequest)
        user = create_user(**body, actor_id=self.caller.id, now=timezone.now())
        return JsonAnswer(UserAnswer(user).data, status=201)


class UserDetail(AccountView):
    """One user."""

    allow = {
        "GET": ADMINISTRATORS,
        "PATCH": ADMINISTRATORS,
        "DELETE": ADMINISTRATORS,
    }

    @operation("get_user", answer=UserAnswer)
    def get(self, request: Request, user_id: UUID) -> JsonAnswer:
        """This function will answer with the user."""
        return JsonAnswer(UserAnswer(selectors.get_user(user_id=user_id)).data)

    @operation(
        "modify_user",
        body=ModifyUserRequest,
        answer=UserAnswer,
        refusals=[LastAdministrator],
        examples={
            "suspend": {"is_active": False},
            "another name": {"name": "Mona H. Hassan"},
        },
    )
    def patch(self, request: Request, user_id: UUID) -> JsonAnswer:
        """This function will change what the body names of the user."""
        user = modify_user(
            user_id=user_id,
            changes=self.body(ModifyUserRequest),
            actor_id=self.caller.id,
            now=timezone.now(),
        )
        return JsonAnswer(UserAnswer(user).data)

    @operation("delete_user", status=204, refusals=[LastAdministrator])
    def delete(self, request: Request, user_id: UUID) -> JsonAnswer:
        """This function will delete the user for good; the name stays taken."""
        delete_user(user_id=user_id, actor_id=self.caller.id, now=timezone.now())
        return JsonAnswer(status=204)


class UserPassword(AccountView):
    """Another user's password."""

    allow = {"POST": ADMINISTRATORS}

    @operation(
        "set_password",
        body=SetPasswordRequest,
        status=204,
        examples={"a new one": {"new_password": "another long phrase"}},
    )
    def post(self, request: Request, user_id: UUID) -> JsonAnswer:
        """This function will set it, and end every session of the user."""
        set_password(
            user_id=user_id,
            **self.body(SetPasswordRequest),
            actor_id=self.caller.id,
            now=timezone.now(),
        )
        return JsonAnswer(status=204)


def _present_all(users: Any) -> Any:
    return UserAnswer(users, many=True).data
