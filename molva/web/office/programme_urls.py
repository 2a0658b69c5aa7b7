"""Addresses of a programme's own pages: today, terms, page and forms, shop, settings, background work."""

from django.urls import path

from molva.web.office import (
    inbound,
    jobs,
    orders_add,
    page,
    past,
    programme_settings,
    rules,
    shop,
    terms,
    today,
)

urlpatterns = [
    path("", today.show, name="today"),
    path("terms/", terms.show, name="terms"),
    path("terms/edit/", terms.edit, name="terms_edit"),
    path("terms/rule/", rules.edit, name="rule_new"),
    path("terms/rule/<str:rule>/", rules.edit, name="rule_edit"),
    path("terms/rule/<str:rule>/remove/", rules.remove, name="rule_remove"),
    path("terms/<int:number>/", terms.version, name="terms_version"),
    path("terms/<int:number>/restore/", terms.restore, name="terms_restore"),
    path("page/", page.edit, name="page"),
    path("settings/", programme_settings.edit, name="settings"),
    path("shop/", shop.show, name="shop"),
    path("shop/connect/", shop.connect, name="shop_connect"),
    path("shop/<int:pk>/refresh/", shop.refresh, name="shop_refresh"),
    path("shop/<int:pk>/setup/", shop.set_up, name="shop_set_up"),
    path("shop/<int:pk>/disconnect/", shop.disconnect, name="shop_disconnect"),
    path("shop/<int:pk>/past/", past.show, name="past"),
    path("shop/<int:pk>/past/start/", past.start, name="past_start"),
    path("shop/<int:pk>/past/pause/", past.pause, name="past_pause"),
    path("shop/<int:pk>/past/resume/", past.resume, name="past_resume"),
    path("inbound/", inbound.show, name="inbound"),
    path("inbound/<int:pk>/", inbound.event, name="inbound_event"),
    path("inbound/<int:pk>/retry/", inbound.retry, name="inbound_retry"),
    path("inbound/<int:pk>/reject/", inbound.reject, name="inbound_reject"),
    path("orders/add/", orders_add.add, name="orders_add"),
    path("orders/import/", orders_add.import_file, name="orders_import"),
    path("orders/import/<str:topic>/", orders_add.progress, name="orders_import_progress"),
    path("jobs/", jobs.show, name="jobs"),
    path("jobs/<int:pk>/retry/", jobs.retry_dead, name="job_retry"),
    path("jobs/<int:pk>/discard/", jobs.discard_dead, name="job_discard"),
]
