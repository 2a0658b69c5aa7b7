"""Addresses of the everyday pages: people, orders, money, reports, history."""

from django.urls import path

from molva.web.office import (
    commissions,
    customers,
    history,
    orders,
    partner,
    partners,
    payouts,
    reports,
    search,
)

urlpatterns = [
    path("partners/", partners.show_list, name="partners"),
    path("partners/add/", partners.add, name="partner_add"),
    path("partners/bulk/", partners.bulk, name="partners_bulk"),
    path("partners/<int:pk>/", partner.show, name="partner"),
    path("partners/<int:pk>/edit/", partner.edit, name="partner_edit"),
    path("partners/<int:pk>/email/keep/", partner.keep_email, name="partner_email_keep"),
    path("partners/<int:pk>/links/", partner.add_link, name="partner_add_link"),
    path("partners/<int:pk>/links/<int:link>/", partner.switch_link, name="partner_link"),
    path("partners/<int:pk>/codes/", partner.add_code, name="partner_add_code"),
    path("partners/<int:pk>/adjust/", partner.adjust, name="partner_adjust"),
    path("customers/", customers.show_list, name="customers"),
    path("customers/<int:pk>/", customers.show, name="customer"),
    path("customers/<int:pk>/note/", customers.note, name="customer_note"),
    path("orders/", orders.show_list, name="orders"),
    path("orders/<int:pk>/", orders.show, name="order"),
    path("orders/<int:pk>/recalc/", orders.recalc, name="order_recalc"),
    path("commissions/", commissions.show_list, name="commissions"),
    path("commissions/<int:pk>/", commissions.show, name="commission"),
    path("payouts/", payouts.show_list, name="payouts"),
    path("payouts/prepare/", payouts.prepare, name="payouts_prepare"),
    path("payouts/draft/<int:partner>/", payouts.draft, name="payout_draft"),
    path("payouts/<int:pk>/", payouts.show, name="payout"),
    path("payouts/<int:pk>/approve/", payouts.approve, name="payout_approve"),
    path("payouts/<int:pk>/paid/", payouts.paid, name="payout_paid"),
    path("payouts/<int:pk>/cancel/", payouts.cancel, name="payout_cancel"),
    path("payouts/<int:pk>/failed/", payouts.failed, name="payout_failed"),
    path("payouts/<int:pk>/print/", payouts.printed, name="payout_print"),
    path("reports/accruals/", reports.accruals, name="report_accruals"),
    path("reports/sales/", reports.sales, name="report_sales"),
    path("history/", history.show, name="history"),
    path("search/", search.show, name="search"),
]
