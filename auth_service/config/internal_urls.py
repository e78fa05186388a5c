"""The paths of the internal port, to which the gateway has no route."""

from django.urls import path

from auth_service.accounts.views import UserLookup
from auth_service.tokens.views import Jwks, ServiceTokens
from chassis.health import healthz, readyz
from chassis.metrics import show_metrics

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", show_metrics),
    path(".well-known/jwks.json", Jwks.as_view()),
    path("internal/v1/service-token", ServiceTokens.as_view()),
    path("internal/v1/users/lookup", UserLookup.as_view()),
]

handler400 = "chassis.problems.handle_400"
handler404 = "chassis.problems.handle_404"
handler500 = "chassis.problems.handle_500"
