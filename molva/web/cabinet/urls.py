"""Addresses of the cabinet: `/cabinet/` finds the first programme, the pages stand under a programme's code."""

from django.urls import path

from molva.web.cabinet import home

app_name = "cabinet"
urlpatterns = [
    path("", home.first, name="home"),
    path("<slug:programme>/", home.first, name="today"),
    path("<slug:programme>/links/", home.first, name="links"),
    path("<slug:programme>/orders/", home.first, name="orders"),
    path("<slug:programme>/orders/<int:pk>/", home.first, name="order"),
    path("<slug:programme>/money/", home.first, name="money"),
    path("<slug:programme>/commissions/<int:pk>/", home.first, name="commission"),
    path("<slug:programme>/team/", home.first, name="team"),
    path("<slug:programme>/profile/", home.first, name="profile"),
]
