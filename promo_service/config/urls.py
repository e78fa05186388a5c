"""The public paths."""

from promo_service.promos.urls import urlpatterns

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]

handler400 = "chassis.problems.handle_400"
handler404 = "chassis.problems.handle_404"
handler500 = "chassis.problems.handle_500"
