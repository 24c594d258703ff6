"""The forms about the people of a workspace: who is invited, as what, and what somebody may do."""

from collections.abc import Iterable

from wtforms import Form, RadioField, ValidationError
from wtforms.fields.choices import SelectChoice

from nimbus.rules.roles import Role
from nimbus.web.forms.base import PlainForm, Required, TextLine, is_email_address


class RoleField(RadioField):
    """One of the roles that were offered."""

    def offer(self, roles: Iterable[Role]) -> None:
        """Let only these be chosen."""
        self.choices = [SelectChoice(role, role.capitalize()) for role in roles]

    def pre_validate(self, form: Form) -> None:  # noqa: ARG002 - WTForms passes it by name
        if self.data not in {choice.value for choice in self.choices or ()}:
            raise ValidationError("Choose a role.")


class MemberForm(PlainForm):
    """What somebody may do."""

    role = RoleField("Role")


class InviteForm(PlainForm):
    """Whom to invite, and as what."""

    email = TextLine("Email", (Required("Enter the person's address."), is_email_address), longest=254)
    role = RoleField("Role", default=Role.OPERATOR)
