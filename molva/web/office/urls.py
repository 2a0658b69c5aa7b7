"""Addresses of the office: `/office/` finds the first programme, everything else stands under a programme's code."""

from django.urls import include, path

from molva.web.office import home
from molva.web.office.programme_urls import urlpatterns as programme_urls
from molva.web.office.work_urls import urlpatterns as work_urls

app_name = "office"
urlpatterns = [
    path("", home.first, name="home"),
    path("new/", home.new_programme, name="new_programme"),
    path("<slug:programme>/", include([*programme_urls, *work_urls])),
]
