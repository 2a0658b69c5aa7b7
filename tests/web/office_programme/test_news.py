"""News for partners: a draft is nobody's business, a published one has an unread mark, a withdrawn one is gone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from molva.commissions.admission import admit_partner
from molva.kit import clock
from molva.programmes.models import NewsItem, Partner
from molva.programmes.news import publish_news, write_news
from molva.workspaces.models import Event
from tests.web.office_programme.conftest import Company

AsRole = Callable[[str], Client]
ENGLISH = {"accept-language": "en"}
MARK = ">New</span>"
UNREAD = "there is something unread"
WORDS = {"title": "Honey is back", "text": "From <Ufa>.\n\nSee https://shop.example/honey"}


@pytest.fixture
def kate(company: Company) -> Partner:
    """A partner since yesterday."""
    at = clock.now() - timedelta(days=1)
    return admit_partner(programme=company.programme, name="Kate", email="kate@example.org", joined_at=at)


def read(partner: Partner, tail: str = "") -> str:
    """A page of the cabinet."""
    client = Client()
    client.force_login(partner.user)  # type: ignore[arg-type]
    return client.get(f"/cabinet/friends/{tail}", headers=ENGLISH).content.decode()


def test_a_draft_is_seen_by_staff_only(company: Company, as_role: AsRole, kate: Partner):
    assert as_role("manager").post(company.url("news_new"), WORDS).status_code == 302
    assert NewsItem.objects.get().published_at is None
    assert "Honey is back" in as_role("accountant").get(company.url("news")).content.decode()
    assert "Honey is back" not in read(kate, "news/")
    assert UNREAD not in read(kate)


def test_a_published_item_is_unread_until_the_list_is_opened(
    company: Company, as_role: AsRole, kate: Partner
):
    as_role("owner").post(company.url("news_new"), {**WORDS, "publish": "1"})
    assert UNREAD in read(kate)
    page = read(kate, "news/")
    assert "Honey is back" in page
    assert "From &lt;Ufa&gt;." in page
    assert 'href="https://shop.example/honey"' in page
    assert MARK in page
    assert UNREAD not in page
    assert UNREAD not in read(kate)
    assert MARK not in read(kate, "news/")


def test_a_mark_is_each_partners_own(company: Company, as_role: AsRole, kate: Partner):
    boris = admit_partner(
        programme=company.programme, name="Boris", email="boris@example.org", joined_at=kate.joined_at
    )
    as_role("owner").post(company.url("news_new"), {**WORDS, "publish": "1"})
    read(kate, "news/")
    assert (UNREAD in read(kate), UNREAD in read(boris)) == (False, True)


def test_what_is_older_than_the_partner_is_not_unread(company: Company, as_role: AsRole):
    as_role("owner").post(company.url("news_new"), {**WORDS, "publish": "1"})
    late = admit_partner(programme=company.programme, name="Late", email="late@example.org")
    assert UNREAD not in read(late)
    assert "Honey is back" in read(late, "news/")


def test_a_withdrawn_item_is_gone_and_can_come_back(company: Company, as_role: AsRole, kate: Partner):
    client = as_role("owner")
    client.post(company.url("news_new"), {**WORDS, "publish": "1"})
    item = NewsItem.objects.get()
    assert "Honey is back" in client.get(company.url("news_withdraw", item.pk)).content.decode()
    client.post(company.url("news_withdraw", item.pk))
    assert "Honey is back" not in read(kate, "news/")
    assert UNREAD not in read(kate)
    client.post(company.url("news_publish", item.pk))
    assert "Honey is back" in read(kate, "news/")
    kinds = list(Event.objects.filter(object_kind="newsitem").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["news.written", "news.published", "news.withdrawn", "news.published"]
    assert "Honey is back" in client.get(company.url("history"), headers=ENGLISH).content.decode()


def test_other_words_do_not_make_it_unread_again(company: Company, as_role: AsRole, kate: Partner):
    client = as_role("owner")
    client.post(company.url("news_new"), {**WORDS, "publish": "1"})
    item = NewsItem.objects.get()
    read(kate, "news/")
    client.post(company.url("news_edit", item.pk), {**WORDS, "title": "Honey, corrected"})
    assert UNREAD not in read(kate)
    assert "Honey, corrected" in read(kate, "news/")


def test_publishing_twice_is_once(company: Company):
    owner = company.people["owner"]
    item = write_news(programme=company.programme, actor=owner, **WORDS)
    assert publish_news(item=item, actor=owner)
    first = NewsItem.objects.get().published_at
    assert not publish_news(item=item, actor=owner)
    assert NewsItem.objects.get().published_at == first


def test_empty_words_are_told_next_to_the_field(company: Company, as_role: AsRole):
    answer = as_role("owner").post(company.url("news_new"), {"title": " ", "text": ""})
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"title", "text"})


def test_whoever_may_not_publish_changes_nothing(company: Company, as_role: AsRole):
    item = write_news(programme=company.programme, actor=company.people["owner"], **WORDS)
    for role, status in (("accountant", 403), ("stranger", 404), ("nobody", 302)):
        client = as_role(role)
        assert client.post(company.url("news_publish", item.pk)).status_code == status
        assert (
            client.post(company.url("news_edit", item.pk), {"title": "x", "text": "x"}).status_code == status
        )
    item.refresh_from_db()
    assert (item.title, item.published_at) == ("Honey is back", None)
