"""Writes of stage 8: whose shop it is that has installed the application.

An operator who offers Molva to many shops gets a company for each. Elsewhere there is one company: its first shop is
taken in by itself, each further one waits for a person.
"""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from molva.integrations.connecting import store_connection
from molva.integrations.models import AppInstall, Connection, InstallState
from molva.integrations.sources.insales import account
from molva.integrations.sources.insales.application import KIND
from molva.integrations.subscriptions import begin_trial
from molva.kit import emails
from molva.programmes.codes import free_code
from molva.programmes.models import Programme
from molva.programmes.services import DEFAULT_SETTINGS, create_programme, update_programme
from molva.workspaces import journal
from molva.workspaces.models import User, Workspace
from molva.workspaces.scoping import scope
from molva.workspaces.services import create_workspace


def home_workspace() -> Workspace | None:
    """The company of an installation that serves one: the first that was made here."""
    return Workspace.objects.order_by("pk").first()


def place_of(install_id: int) -> AppInstall:
    """The install, locked. Where shops share a company all are locked: two must not take one place at once."""
    rows = AppInstall.objects.select_for_update().order_by("pk")
    if settings.MOLVA_OPERATOR:
        rows = rows.filter(pk=install_id)
    for one in rows:
        if one.pk == install_id:
            return one
    raise AppInstall.DoesNotExist


def settle_install(install: AppInstall) -> None:
    """Give a proved install its place, or let it wait for a person. For the caller's transaction; it saves the row."""
    is_again = install.connection_id is not None
    programme = install.connection.programme if install.connection else _programme_for(install.facts)
    if programme is None:
        _wait(install)
        return
    _join(
        install, programme, actor=None, kind="connection.reinstalled" if is_again else "connection.installed"
    )


@transaction.atomic
def settle_waiting(install: AppInstall) -> AppInstall:
    """A shop that began to wait before this installation was offered to many shops waits no more."""
    found = place_of(install.pk)
    if settings.MOLVA_OPERATOR and found.state == InstallState.WAITING:
        settle_install(found)
        found.save()
    return found


def _join(install: AppInstall, programme: Programme, *, actor: User | None, kind: str) -> None:
    with scope(programme.workspace_id):
        draft = Connection(programme=programme, kind=KIND, name=install.name, host=install.host)
        draft.secrets = account.application_secrets(install.secrets["password"])
        install.connection = store_connection(draft, install.facts, actor=actor)
        install.state, install.removed_at = InstallState.ACTIVE, None
        begin_trial(install.connection)
        journal.record(kind, install.connection, actor=actor)


def _wait(install: AppInstall) -> None:
    if install.state == InstallState.WAITING:
        return
    install.state = InstallState.WAITING
    home = home_workspace()
    if home is not None:
        with scope(home):
            journal.record("install.waiting", install, data={"host": install.host})


def _programme_for(shop: dict[str, Any]) -> Programme | None:
    """Where a shop that is new here belongs; None when a person has to say."""
    if settings.MOLVA_OPERATOR:
        return _new_company(shop)
    home = home_workspace()
    if home is None:
        return _new_company(shop)
    with scope(home):
        shops = Connection.objects.exclude(kind="manual").select_related("programme")
        known = shops.filter(kind=KIND, external_id=shop["id"]).first()
        if known is not None:
            return known.programme
        programmes = list(Programme.objects.all()[:2])
        if not programmes:
            return _new_programme(shop)
        is_first = len(programmes) == 1 and not shops.exists()
        return programmes[0] if is_first and _may_be_shop_of(programmes[0], shop) else None


def _may_be_shop_of(programme: Programme, shop: dict[str, Any]) -> bool:
    """A programme that names another shop is not given to the first one that comes."""
    host = urlsplit(shop["shop_url"]).netloc.lower()
    return not programme.shop_url or host in programme.shop_hosts


def _new_company(shop: dict[str, Any]) -> Programme:
    workspace = create_workspace(
        name=shop["company"],
        owner=None,  # the first person who comes from the shop
        language=settings.LANGUAGE_CODE[:2],
        timezone=shop["timezone"],
        currency=shop["currency"],
    )
    with scope(workspace):
        return _new_programme(shop)


def _new_programme(shop: dict[str, Any]) -> Programme:
    """A programme that can take partners at once: terms, page, address, whom to write to."""
    programme = create_programme(
        name=shop["name"],
        code=free_code(shop["subdomain"]),
        shop_url=shop["shop_url"],
        currency=shop["currency"],
        timezone=shop["timezone"],
        settings=_terms(shop["statuses"] or []),
    )
    support = emails.normalise(shop["email"])
    if support:
        update_programme(programme=programme, actor=None, changes={"support_email": support})
    return programme


def _terms(statuses: list[dict[str, str]]) -> dict[str, Any]:
    """The usual terms with the shop's own statuses of a delivered order."""
    delivered = [one["permalink"] for one in statuses if one["system_status"] == "delivered"]
    accrual = {
        **DEFAULT_SETTINGS["accrual"],
        "statuses": delivered or DEFAULT_SETTINGS["accrual"]["statuses"],
    }
    return {**DEFAULT_SETTINGS, "accrual": accrual}


def waiting_installs(workspace: Workspace) -> list[AppInstall]:
    """Shops that this company has to decide about, oldest first."""
    home = home_workspace()
    if settings.MOLVA_OPERATOR or home is None or home.pk != workspace.pk:
        return []
    return list(AppInstall.objects.filter(state=InstallState.WAITING).order_by("pk"))


def removed_installs(programme: Programme) -> list[AppInstall]:
    """Shops of a programme that have removed the application and have no other connection now."""
    rows = AppInstall.objects.filter(state=InstallState.REMOVED, connection__programme=programme)
    return list(rows.filter(connection__state="disconnected").order_by("-removed_at"))


@transaction.atomic
def accept_install(*, install: AppInstall, programme: Programme, actor: User) -> None:
    """Connect a waiting shop to a programme; AppInstall.DoesNotExist when it waits no more."""
    found = place_of(install.pk)
    if found.state != InstallState.WAITING:
        raise AppInstall.DoesNotExist
    _join(found, programme, actor=actor, kind="install.accepted")
    found.save()


@transaction.atomic
def refuse_install(*, install: AppInstall, actor: User) -> None:
    """Do not take a shop in; it may ask again by installing once more."""
    found = place_of(install.pk)
    if found.state != InstallState.WAITING:
        raise AppInstall.DoesNotExist
    found.state = InstallState.REFUSED
    found.save(update_fields=["state"])
    journal.record("install.refused", found, actor=actor, data={"host": found.host})
