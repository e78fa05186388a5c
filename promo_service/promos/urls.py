"""The public paths of promos and redemptions."""

from django.urls import path

from chassis.openapi import DocumentView
from promo_service.promos import views

urlpatterns = [
    # They are tried in turn: the busiest come first.
    path("promos/<uuid:promo_id>/use", views.PromoUse.as_view()),
    path("promos/<uuid:promo_id>/points", views.PromoPoints.as_view()),
    path("promos/me", views.PromoListMe.as_view()),
    path("promos", views.PromoList.as_view()),
    path("promos/bulk", views.PromoBulk.as_view()),
    path("promos/me/use", views.MyPromosUse.as_view()),
    path("promos/summary", views.PromoSummary.as_view()),
    path("promos/timeline", views.PromoTimeline.as_view()),
    path("promos/schema", DocumentView.as_view()),
    path("promos/<uuid:promo_id>", views.PromoDetail.as_view()),
    path("promos/<uuid:promo_id>/ledger", views.PromoLedger.as_view()),
    path("promos/<uuid:promo_id>/revisions", views.PromoRevisions.as_view()),
    path("redemptions", views.RedemptionList.as_view()),
    path("redemptions/me", views.RedemptionListMe.as_view()),
    path("redemptions/<uuid:redemption_id>", views.RedemptionDetail.as_view()),
    path("redemptions/<uuid:redemption_id>/reverse", views.RedemptionReverse.as_view()),
]
