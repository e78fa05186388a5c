"""The paths of the internal port, to which the gateway has no route."""

from django.urls import path

from chassis.health import healthz, readyz
from chassis.metrics import show_metrics
from promo_service.promos.views import (
    ErasureStatus,
    KnownVersions,
    ListComplete,
    UserEvents,
)

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", show_metrics),
    path("internal/v1/user-events", UserEvents.as_view()),
    path("internal/v1/user-events/known", KnownVersions.as_view()),
    path("internal/v1/user-events/complete", ListComplete.as_view()),
    path("internal/v1/erasures/status", ErasureStatus.as_view()),
]

handler400 = "chassis.problems.handle_400"
handler404 = "chassis.problems.handle_404"
handler500 = "chassis.problems.handle_500"
