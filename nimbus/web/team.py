"""Settings, Team: who belongs to the workspace, as what, and who is invited."""

from flask import Blueprint, abort, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models.member_queries import Member, find_invited, find_member, list_invited, list_members
from nimbus.rules.roles import MEANINGS, Permission, Role, assignable, may, may_assign, who_may_assign
from nimbus.services.invitations import invite as make_invitation
from nimbus.services.invitations import withdraw as withdraw_invitation
from nimbus.services.team import AlreadyMember, LastOwner, change_role, remove_member
from nimbus.settings import current_settings
from nimbus.web.access import NotAllowed, asker, needs, signed_in, workspace_id
from nimbus.web.forms.team import InviteForm, MemberForm
from nimbus.web.partials import go

blueprint = Blueprint("team", __name__, url_prefix="/settings/team")

_WITH_ARTICLE = {
    Role.OWNER: "an owner",
    Role.ADMIN: "an admin",
    Role.OPERATOR: "an operator",
    Role.VIEWER: "a viewer",
}


@blueprint.get("")
@needs(Permission.MANAGE_MEMBERS)
def index() -> str:
    return render_template(
        "team/index.html",
        members=list_members(db.session(), workspace_id()),
        invitations=list_invited(db.session(), workspace_id()),
        manages=_manages,
        current=now(),
    )


@blueprint.route("/members/<int:user_id>", methods=["GET", "POST"])
@needs(Permission.MANAGE_MEMBERS, proof=True)
def member(user_id: int) -> str | tuple[str, int] | AnyResponse:
    person = _member(user_id)
    form = MemberForm(role=person.role)
    form.role.offer(assignable(signed_in().role, person.role))
    if not form.is_submitted():
        return _member_page(person, form)
    if not form.validate():
        return _member_page(person, form), 422
    role = Role(form.role.data)
    try:
        change_role(asker(), user_id, role)
    except LastOwner as problem:
        form.role.errors = [str(problem)]
        return _member_page(person, form), 422
    stays = user_id != signed_in().user_id or may(role, Permission.MANAGE_MEMBERS)
    who = "You are" if user_id == signed_in().user_id else f"{person.name} is"
    return go(url_for(".index" if stays else "home.show"), f"{who} {_WITH_ARTICLE[role]} now.")


@blueprint.route("/members/<int:user_id>/remove", methods=["GET", "POST"])
@needs(Permission.MANAGE_MEMBERS, proof=True)
def remove(user_id: int) -> str | AnyResponse:
    person = _member(user_id)
    if user_id == signed_in().user_id:
        return go(url_for("workspaces.leave"))
    if MemberForm().is_submitted():
        name = remove_member(asker(), user_id)
        return go(url_for(".index"), f"{name} was removed from {signed_in().workspace.name}.")
    return render_template("team/remove.html", person=person)


@blueprint.route("/invite", methods=["GET", "POST"])
@needs(Permission.MANAGE_MEMBERS, proof=True)
def invite() -> str | tuple[str, int]:
    form = InviteForm()
    form.role.offer(assignable(signed_in().role, None))
    if not form.is_submitted():
        return render_template("team/invite.html", form=form, meanings=MEANINGS)
    if not form.validate():
        return render_template("team/invite.html", form=form, meanings=MEANINGS), 422
    try:
        invitation = make_invitation(asker(), form.email.data, Role(form.role.data))
    except AlreadyMember as problem:
        form.email.errors = [str(problem)]
        return render_template("team/invite.html", form=form, meanings=MEANINGS), 422
    # Shown in this very answer and never again: nothing that could show it a second time is kept.
    path = url_for("invitations.show", token=invitation.token)
    return render_template(
        "team/invited.html",
        invitation=invitation,
        link=f"{current_settings().base_url}{path}",
        as_what=_WITH_ARTICLE[invitation.role],
    )


@blueprint.route("/invitations/<int:invitation_id>/withdraw", methods=["GET", "POST"])
@needs(Permission.MANAGE_MEMBERS, proof=True)
def withdraw(invitation_id: int) -> str | AnyResponse:
    invitation = find_invited(db.session(), workspace_id(), invitation_id)
    if invitation is None:
        abort(404)
    _check_reach(None, invitation.role)
    if MemberForm().is_submitted():
        email = withdraw_invitation(asker(), invitation_id)
        return go(url_for(".index"), f"The invitation of {email} was withdrawn.")
    return render_template("team/withdraw.html", invitation=invitation)


def _member(user_id: int) -> Member:
    """The person of a page about them, unless their role is above the reader's."""
    person = find_member(db.session(), workspace_id(), user_id)
    if person is None:
        abort(404)
    _check_reach(person.role, person.role)
    return person


def _check_reach(before: Role | None, after: Role) -> None:
    if not may_assign(signed_in().role, before, after):
        raise NotAllowed(who_may_assign(before, after))


def _manages(role: Role) -> bool:
    return may_assign(signed_in().role, role, role)


def _member_page(person: Member, form: MemberForm) -> str:
    return render_template("team/member.html", person=person, form=form, meanings=MEANINGS)
