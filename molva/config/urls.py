"""All addresses: each face brings its own list; uploads are served by a small careful view."""

from django.urls import include, path

from molva.config.media import show_upload
from molva.web.office.home import setup

urlpatterns = [
    path("media/<path:name>", show_upload, name="media"),
    path("ui/", include("molva.web.ui.urls")),
    path("", include("molva.web.hooks.urls")),
    path("apps/", include("molva.web.apps.urls")),
    path("setup/<str:token>/", setup, name="setup"),
    path("office/", include("molva.web.office.urls")),
    path("cabinet/", include("molva.web.cabinet.urls")),
    path("", include("molva.web.public.urls")),
]

handler400 = "molva.web.ui.errors.bad_request"
handler403 = "molva.web.ui.errors.forbidden"
handler404 = "molva.web.ui.errors.not_found"
handler500 = "molva.web.ui.errors.server_error"
