"""Forms about tags, clients and saved views."""

from wtforms import Field, Form, RadioField, ValidationError
from wtforms.fields.choices import SelectChoice

from nimbus.rules.tag_names import LONGEST, MOST, problem, split, tidy
from nimbus.web.forms.base import PlainForm, Required, TextLine


def _is_name(_form: Form, field: Field) -> None:
    """The field holds one name of a tag or view; it is kept tidy."""
    field.data = tidy(field.data)
    if wrong := problem(field.data):
        raise ValidationError(wrong)


def _are_names(_form: Form, field: Field) -> None:
    """The field holds names with commas between them, or nothing."""
    for name in split(field.data or ""):
        if wrong := problem(name):
            raise ValidationError(f"“{name}”: {wrong}" if len(name) > LONGEST else wrong)


class TagsForm(PlainForm):
    """All tags and clients of one account, each kind on a line."""

    clients = TextLine("Clients", (_are_names,), longest=1000)
    tags = TextLine("Tags", (_are_names,), longest=1000)

    def validate(self, extra_validators: dict[str, list[object]] | None = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if len(split(self.clients.data or "")) + len(split(self.tags.data or "")) > MOST:
            self.tags.errors = [f"Use at most {MOST} tags and clients for one account."]
            return False
        return True


class TagForm(PlainForm):
    """One tag for many accounts."""

    what = RadioField(
        "What to do",
        choices=[
            SelectChoice("tag", "Add this tag"),
            SelectChoice("client", "Add this client"),
            SelectChoice("off", "Take it off"),
        ],
        default="tag",
    )
    name = TextLine("Name", (Required("Enter a name."), _is_name))


class ViewForm(PlainForm):
    """The name of a view of the list."""

    name = TextLine("Name", (Required("Enter a name, such as Acme in cooldown."), _is_name))
