"""Addresses of the everyday pages: people, orders, money, reports, history."""

from django.urls import path

from molva.web.office import commissions, customers, history, orders, partners, payouts, reports, search

urlpatterns = [
    path("partners/", partners.show_list, name="partners"),
    path("partners/<int:pk>/", partners.show, name="partner"),
    path("customers/", customers.show_list, name="customers"),
    path("customers/<int:pk>/", customers.show, name="customer"),
    path("orders/", orders.show_list, name="orders"),
    path("orders/<int:pk>/", orders.show, name="order"),
    path("commissions/", commissions.show_list, name="commissions"),
    path("commissions/<int:pk>/", commissions.show, name="commission"),
    path("payouts/", payouts.show_list, name="payouts"),
    path("payouts/<int:pk>/", payouts.show, name="payout"),
    path("reports/accruals/", reports.accruals, name="report_accruals"),
    path("reports/sales/", reports.sales, name="report_sales"),
    path("history/", history.show, name="history"),
    path("search/", search.show, name="search"),
]
