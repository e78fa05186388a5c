"""The public paths."""

from django.urls import include, path

urlpatterns = [path("api/v1/", include("promo_service.promos.urls"))]

handler400 = "chassis.problems.handle_400"
handler404 = "chassis.problems.handle_404"
handler500 = "chassis.problems.handle_500"
