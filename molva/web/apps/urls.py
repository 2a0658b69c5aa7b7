"""Addresses of Molva as an application of shops: what their back office calls and shows, where it sends people."""

from django.urls import path

from molva.web.apps import doors, entry, widget

app_name = "apps"
urlpatterns = [
    path("insales/install", doors.install, name="install"),
    path("insales/uninstall", doors.uninstall, name="uninstall"),
    path("insales/entry", entry.enter, name="entry"),
    path("insales/login", entry.login, name="login"),
    path("insales/confirm", entry.confirm, name="confirm"),
    path("insales/finish", entry.finish, name="finish"),
    path("insales/charged/<str:secret>", doors.charged, name="charged"),
    path("insales/stopped/<slug:why>", entry.stopped, name="stopped"),
    path("widget.js", widget.script, name="widget_script"),
    path("widget/", widget.reference, name="widget_reference"),
    path("widget/<str:signed>/", widget.frame, name="widget_frame"),
]
