"""How far erasures are, for auth_service, on the internal port alone."""

from rest_framework.request import Request

from chassis.answers import JsonAnswer
from chassis.body_sizes import largest_body
from chassis.problems import PermissionDenied
from chassis.serializers import IdField, ListField, StrictSerializer
from chassis.views import ServiceView
from promo_service.holders.marks import list_erasure_states
from promo_service.promos.views.user_events import TELLER

MOST_USERS = 500


class ErasureStatusRequest(StrictSerializer):
    """Users whom auth_service has erased."""

    user_ids = ListField(child=IdField(), max_length=MOST_USERS)


class ErasureStatus(ServiceView):
    """Whether any text about a person is left."""

    own_largest_body = largest_body(ErasureStatusRequest)

    def post(self, request: Request) -> JsonAnswer:
        """Answer with a state for each user, in order."""
        if str(request.user) != TELLER:
            raise PermissionDenied
        user_ids = self.body(ErasureStatusRequest)["user_ids"]
        states = list_erasure_states(user_ids)
        results = [
            {"user_id": user_id, "state": state}
            for user_id, state in zip(user_ids, states, strict=True)
        ]
        return JsonAnswer({"results": results})
