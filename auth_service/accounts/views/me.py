"""One's own account."""

from django.utils import timezone
from rest_framework.request import Request

from auth_service.accounts.serializers import (
    ChangePasswordRequest,
    ModifyMeRequest,
    UserAnswer,
)
from auth_service.accounts.services.modifying import modify_user
from auth_service.accounts.services.passwords import change_password
from auth_service.accounts.views.base import AccountView, client_address
from chassis.answers import JsonAnswer
from chassis.openapi import operation
from chassis.problems import Throttled
from chassis.roles import EVERYBODY


class Me(AccountView):
    """The caller's own account."""

    allow = {"GET": EVERYBODY, "PATCH": EVERYBODY}

    @operation("get_me", answer=UserAnswer)
    def get(self, request: Request) -> JsonAnswer:
        """This function will answer with the caller."""
        return JsonAnswer(UserAnswer(self.caller.user).data)

    @operation(
        "modify_me",
        body=ModifyMeRequest,
        answer=UserAnswer,
        examples={"moved": {"address": "12 Tahrir Square, Cairo"}},
    )
    def patch(self, request: Request) -> JsonAnswer:
        """This function will change what the body names of the caller."""
        user = modify_user(
            user_id=self.caller.id,
            changes=self.body(ModifyMeRequest),
            actor_id=self.caller.id,
            now=timezone.now(),
        )
        return JsonAnswer(UserAnswer(user).data)


class MyPassword(AccountView):
    """The caller's own password."""

    allow = {"POST": EVERYBODY}

    @operation(
        "change_password",
        body=ChangePasswordRequest,
        status=204,
        refusals=[Throttled],
        examples={
            "a new one": {
                "current_password": "a long pass phrase",
                "new_password": "another long phrase",
            }
        },
    )
    def post(self, request: Request) -> JsonAnswer:
        """This function will change it, and end every session of the caller."""
        body = self.body(ChangePasswordRequest)
        change_password(
            user=self.caller.user,
            **body,
            address=client_address(request),
            now=timezone.now(),
        )
        return JsonAnswer(status=204)
