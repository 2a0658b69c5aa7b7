"""Addresses of the cabinet: `/cabinet/` finds the first programme, the pages stand under a programme's code."""

from django.urls import include, path

from molva.web.cabinet import (
    codes,
    content,
    email,
    home,
    links,
    money,
    newsfeed,
    orders,
    profile,
    share,
    statistics,
    team,
    why,
)

app_name = "cabinet"
_pages = [
    path("", home.today, name="today"),
    path("links/", links.show, name="links"),
    path("links/<int:pk>/switch/", links.switch, name="link_switch"),
    path("links/<int:pk>/qr.svg", links.qr, name="link_qr"),
    path("codes/", codes.show, name="codes"),
    path("codes/<int:pk>/card/", codes.card, name="code_card"),
    path("content/", content.show_list, name="content"),
    path("content/new/", content.edit, name="content_new"),
    path("content/<int:pk>/", content.show, name="content_item"),
    path("content/<int:pk>/edit/", content.edit, name="content_edit"),
    path("content/<int:pk>/archive/", content.archive, name="content_archive"),
    path("content/<int:pk>/check/", content.check, name="content_check"),
    path("share/", share.show, name="share"),
    path("share/card/", share.card, name="share_card"),
    path("orders/", orders.show, name="orders"),
    path("orders/<int:pk>/", orders.one, name="order"),
    path("statistics/", statistics.show, name="statistics"),
    path("money/", money.show, name="money"),
    path("money/paper/", money.paper, name="paper"),
    path("payouts/<int:pk>/", money.payout, name="payout"),
    path("commissions/<int:pk>/", why.show, name="commission"),
    path("team/", team.show, name="team"),
    path("profile/", profile.show, name="profile"),
    path("profile/email/", email.change, name="email"),
    path("profile/email/keep/", email.keep, name="email_keep"),
    path("news/", newsfeed.show, name="news"),
    path("terms/", profile.terms, name="terms"),
]
urlpatterns = [path("", home.first, name="home"), path("<slug:programme>/", include(_pages))]
