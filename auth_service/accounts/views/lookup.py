"""Who users are, for other services."""

from rest_framework.request import Request

from auth_service.accounts.selectors import look_up_users
from auth_service.accounts.serializers import LookupRequest, ToldUser
from chassis.answers import JsonAnswer
from chassis.body_sizes import largest_body
from chassis.views import ServiceView


class UserLookup(ServiceView):
    """Users by id or name; deleted ones say so, unknown ones are absent."""

    own_largest_body = largest_body(LookupRequest)

    def post(self, request: Request) -> JsonAnswer:
        """This function will answer with what is known of those users."""
        users = look_up_users(**self.body(LookupRequest))
        return JsonAnswer({"users": ToldUser(users, many=True).data})
