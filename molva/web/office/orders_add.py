"""Orders without a shop: one by a form, many from a file, with progress (row S2.42)."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from molva.domain.inbound import NotUnderstood
from molva.integrations.manual import MAX_ROWS, import_csv, import_rows, import_state, record_by_hand
from molva.integrations.models import InboundState
from molva.integrations.queries import status_titles
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.plug_words import plug_words
from molva.web.office.shell import page
from molva.web.ui.flash import say

MAX_FILE = 5 * 1024 * 1024


class OrderForm(forms.Form):
    """One order by hand."""

    number = forms.CharField(
        label=gettext_lazy("Number"),
        max_length=60,
        help_text=gettext_lazy(
            "The same number later changes this order: a status, a smaller sum after a return."
        ),
    )
    date = forms.DateField(
        label=gettext_lazy("Date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Empty: now."),
    )
    status = forms.ChoiceField(label=gettext_lazy("Status"))
    total = forms.CharField(
        label=gettext_lazy("Goods, after discounts"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=gettext_lazy("Without delivery: the commission is counted from it."),
    )
    delivery = forms.CharField(
        label=gettext_lazy("Delivery"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    name = forms.CharField(label=gettext_lazy("Customer"), max_length=200, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    partner = forms.ChoiceField(
        label=gettext_lazy("Partner"),
        required=False,
        help_text=gettext_lazy("Who brought the customer. Empty: as the customer's earlier orders say."),
    )
    code = forms.CharField(label=gettext_lazy("Promo code"), max_length=60, required=False)
    product = forms.CharField(
        label=gettext_lazy("Product or SKU"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("For special rules of products."),
    )
    quantity = forms.CharField(label=gettext_lazy("Quantity"), max_length=20, required=False)

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = list(status_titles(place.programme).items())  # type: ignore[attr-defined]
        partners = place.programme.partners.order_by("name").values_list("code", "name")[:2000]
        self.fields["partner"].choices = [  # type: ignore[attr-defined]
            ("", _("nobody in particular")),
            *((code, f"{name} ({code})") for code, name in partners),
        ]

    def clean(self) -> dict[str, object]:
        """A customer is somebody."""
        data = super().clean() or {}
        if not any(data.get(key) for key in ("name", "phone", "email")):
            self.add_error("name", _("Who bought? A name, a phone or an e-mail is enough."))
        return data

    def values(self) -> dict[str, str]:
        """The row as texts, as a file would bring it."""
        return {key: "" if value is None else str(value) for key, value in self.cleaned_data.items()}


class ImportForm(forms.Form):
    """A file of orders."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy(
            "Columns: number, date, total, name, email, phone, partner, code, status, product, "
            "quantity, delivery. Only number and total must be there."
        ),
    )

    def clean_file(self) -> object:
        """Not larger than what a request may hold."""
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE:
            raise forms.ValidationError(_("The file is larger than 5 MB. Divide it into parts."))
        return file


@office_page(*RULERS)
def add(request: HttpRequest, place: Place) -> HttpResponse:
    """Type in one order, or a change of one."""
    form = OrderForm(request.POST or None, place=place)
    if request.method == "POST" and form.is_valid():
        event = record_by_hand(programme=place.programme, values=form.values(), actor=place.user)
        if event.state == InboundState.DEAD:
            form.add_error(None, plug_words(event.reason))
        else:
            say(request, _("Order %(number)s is recorded.") % {"number": form.cleaned_data["number"]})
            return redirect("office:orders", place.programme.code)
    return page(request, place, "office/orders_add.html", "orders", {"form": form})


@office_page(*RULERS)
def import_file(request: HttpRequest, place: Place) -> HttpResponse:
    """Bring many orders in a file."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            topic = import_csv(programme=place.programme, name=file.name, data=file.read(), actor=place.user)
        except NotUnderstood as problem:
            form.add_error("file", plug_words(str(problem)))
        else:
            return redirect("office:orders_import_progress", place.programme.code, topic)
    return page(request, place, "office/orders_import.html", "orders", {"form": form, "max_rows": MAX_ROWS})


@office_page(*RULERS)
def progress(request: HttpRequest, place: Place, topic: str) -> HttpResponse:
    """How far an import is, and which rows could not be understood; the page may be closed and opened again."""
    if not topic.startswith("csv-"):
        raise Http404
    state = import_state(topic, programme=place.programme)
    if not state.total:
        raise Http404
    broken = [
        {"number": row.number, "name": row.name, "words": plug_words(row.reason), "pk": row.pk}
        for row in import_rows(topic, programme=place.programme)
    ]
    context = {"state": state, "broken": broken, "topic": topic, "done": state.total - state.waiting}
    return page(request, place, "office/orders_progress.html", "orders", context)
