"""News for partners: a draft, published, withdrawn; and what each partner has not read yet."""

from django.db import transaction
from django.db.models import Q, QuerySet

from molva.kit import clock
from molva.programmes.models import NewsItem, Partner, Programme
from molva.workspaces import journal
from molva.workspaces.models import User


@transaction.atomic
def write_news(
    *, programme: Programme, title: str, text: str, actor: User, item: NewsItem | None = None
) -> NewsItem:
    """A new draft, or other words for an item; a published one keeps its date and is not unread again."""
    item = item or NewsItem(programme=programme, created_by=actor)
    item.title, item.text = title.strip(), text.strip()
    item.save()
    journal.record("news.written", item, actor=actor)
    return item


@transaction.atomic
def publish_news(*, item: NewsItem, actor: User) -> bool:
    """Show it to partners, dated now; False when they see it already."""
    hidden = NewsItem.objects.filter(pk=item.pk).filter(
        Q(published_at__isnull=True) | Q(withdrawn_at__isnull=False)
    )
    if hidden.update(published_at=clock.now(), withdrawn_at=None) != 1:
        return False
    journal.record("news.published", item, actor=actor)
    return True


@transaction.atomic
def withdraw_news(*, item: NewsItem, actor: User) -> bool:
    """Take it away from partners; False when they do not see it."""
    shown = NewsItem.objects.filter(pk=item.pk, published_at__isnull=False, withdrawn_at__isnull=True)
    if shown.update(withdrawn_at=clock.now()) != 1:
        return False
    journal.record("news.withdrawn", item, actor=actor)
    return True


def list_news(programme: Programme) -> "QuerySet[NewsItem]":
    """Everything of a programme for its staff, the newest first."""
    return NewsItem.objects.filter(programme=programme).order_by("-created_at", "-pk")


def news_for(partner: Partner) -> "QuerySet[NewsItem]":
    """What a partner may read, the newest first."""
    shown = NewsItem.objects.filter(
        programme=partner.programme_id, published_at__isnull=False, withdrawn_at__isnull=True
    )
    return shown.order_by("-published_at", "-pk")


def has_unread(partner: Partner) -> bool:
    """Whether something was published since the partner looked; what is older than the partner is not new to him."""
    return news_for(partner).filter(published_at__gt=partner.news_seen_at or partner.joined_at).exists()


def mark_read(partner: Partner) -> None:
    """The partner has looked at the list."""
    Partner.objects.filter(pk=partner.pk).update(news_seen_at=clock.now())
