"""Page and forms: what visitors see on the landing and after registration, and what the form asks (rows S2.6–S2.9)."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from molva.programmes.services import update_programme
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.pictures import checked_picture
from molva.web.office.shell import page
from molva.web.ui.flash import say

_ASK = [
    ("required", gettext_lazy("asked, must be filled in")),
    ("optional", gettext_lazy("asked, may stay empty")),
    ("off", gettext_lazy("not asked")),
]
_THEMES = [
    ("letter", gettext_lazy("Letter: one owner writes in the first person")),
    ("counter", gettext_lazy("Counter: goods and figures first")),
    ("studio", gettext_lazy("Studio: to a colleague")),
]
DOCUMENTS = ("privacy", "agreement", "contract", "news", "materials")


class PageForm(forms.Form):
    """Texts and pictures of the public pages."""

    theme = forms.ChoiceField(label=gettext_lazy("Look"), choices=_THEMES, widget=forms.RadioSelect)
    accent = forms.CharField(
        label=gettext_lazy("Colour of the brand"),
        required=False,
        max_length=7,
        widget=forms.TextInput(attrs={"placeholder": "#0F5A4A"}),
        help_text=gettext_lazy("Like #0F5A4A. It is made darker or lighter where it would be hard to read."),
    )
    logo = forms.ImageField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG or WebP up to 5 MB; a version of 250 pixels is made of it."),
    )
    landing_title = forms.CharField(label=gettext_lazy("Title"), required=False, max_length=200)
    landing_text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy(
            "Empty lines divide paragraphs. The terms are added by themselves, from the rules."
        ),
    )
    landing_button = forms.CharField(label=gettext_lazy("Words on the button"), required=False, max_length=60)
    landing_image = forms.ImageField(label=gettext_lazy("Picture"), required=False)
    ask_phone = forms.ChoiceField(label=gettext_lazy("Phone"), choices=_ASK)
    ask_city = forms.ChoiceField(label=gettext_lazy("City"), choices=_ASK)
    thanks_title = forms.CharField(label=gettext_lazy("Title"), required=False, max_length=200)
    thanks_text = forms.CharField(
        label=gettext_lazy("Text"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 4})
    )
    thanks_image = forms.ImageField(label=gettext_lazy("Picture"), required=False)

    def clean_accent(self) -> str:
        """A colour in six hexadecimal digits."""
        text: str = self.cleaned_data["accent"].strip()
        if text and (
            len(text) != 7 or text[0] != "#" or not all(c in "0123456789abcdefABCDEF" for c in text[1:])
        ):
            raise forms.ValidationError(_("A colour looks like #0F5A4A."))
        return text

    def clean(self) -> dict[str, Any]:
        """Pictures are opened, made small and written anew: nothing of the uploaded file itself is kept."""
        data = super().clean() or {}
        for name, side in (("logo", 250), ("landing_image", 1600), ("thanks_image", 1600)):
            if isinstance(data.get(name), UploadedFile):
                try:
                    data[name] = checked_picture(data[name], side=side)
                except ValueError:
                    self.add_error(
                        name, _("This picture cannot be read. Take a PNG, JPEG or WebP up to 5 MB.")
                    )
        return data

    def for_service(self) -> dict[str, Any]:
        """Changes of the programme; a picture that was not given stays."""
        data = self.cleaned_data
        changes: dict[str, Any] = {
            name: data[name]
            for name in (
                "theme",
                "accent",
                "landing_title",
                "landing_text",
                "landing_button",
                "thanks_title",
                "thanks_text",
            )
        }
        changes["form_fields"] = {"phone": data["ask_phone"], "city": data["ask_city"]}
        for name in ("logo", "landing_image", "thanks_image"):
            if data.get(name):
                changes[name] = data[name]
            elif data.get(name) is False:  # the «clear» tick
                changes[name] = ""
        return changes


@office_page(*RULERS)
def edit(request: HttpRequest, place: Place) -> HttpResponse:
    """Edit the public pages; the address of the page is beside."""
    programme = place.programme
    asked = programme.form_fields
    initial = {
        **{
            name: getattr(programme, name)
            for name in (
                "theme",
                "accent",
                "logo",
                "landing_title",
                "landing_text",
                "landing_button",
                "landing_image",
                "thanks_title",
                "thanks_text",
                "thanks_image",
            )
        },
        "ask_phone": asked.get("phone", "optional"),
        "ask_city": asked.get("city", "off"),
    }
    form = PageForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        update_programme(programme=programme, actor=place.user, changes=form.for_service())
        say(request, _("Published. Visitors see it at once."))
        return redirect("office:page", programme.code)
    landing_url = request.build_absolute_uri(reverse("public:landing", args=[programme.code]))
    return page(request, place, "office/page.html", "page", {"form": form, "landing_url": landing_url})
