"""Who may open and change what: staff see, a stranger finds nothing, a role without the right is refused."""

from collections.abc import Callable

import pytest
from django.test import Client

from molva.programmes.models import TermsVersion
from tests.web.office_programme.conftest import Company

READ = ["today", "terms", "shop", "inbound", "jobs"]
CHANGE = ["terms_edit", "rule_new", "page", "settings", "shop_connect", "orders_add", "orders_import"]


@pytest.mark.parametrize("name", READ + CHANGE)
def test_an_owner_opens_every_page(company: Company, as_role: Callable[[str], Client], name: str):
    assert as_role("owner").get(company.url(name)).status_code == 200


@pytest.mark.parametrize("name", READ + CHANGE)
def test_a_stranger_finds_nothing_and_nobody_is_asked_to_sign_in(
    company: Company, as_role: Callable[[str], Client], name: str
):
    assert as_role("stranger").get(company.url(name)).status_code == 404
    answer = as_role("nobody").get(company.url(name))
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/login/")


@pytest.mark.parametrize(("name", "status"), [*((n, 200) for n in READ), *((n, 403) for n in CHANGE)])
def test_an_accountant_reads_and_does_not_change(
    company: Company, as_role: Callable[[str], Client], name: str, status: int
):
    assert as_role("accountant").get(company.url(name)).status_code == status


def test_a_refused_change_changes_nothing(company: Company, as_role: Callable[[str], Client]):
    answer = as_role("accountant").post(company.url("terms_restore", 1))
    assert answer.status_code == 403
    assert TermsVersion.objects.count() == 1


@pytest.mark.parametrize("name", READ)
def test_pages_ask_the_database_a_fixed_number_of_times(
    company: Company, as_role: Callable[[str], Client], name: str, django_assert_max_num_queries: Callable
):
    client = as_role("owner")
    with django_assert_max_num_queries(40):
        client.get(company.url(name))
