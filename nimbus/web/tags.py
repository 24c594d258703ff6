"""The tags and clients of one account."""

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth
from nimbus.models.account_queries import find_account
from nimbus.models.tag_queries import TagName, tags_in_use, tags_on
from nimbus.rules.roles import Permission
from nimbus.rules.tag_names import split
from nimbus.services.tag_changes import OtherKind, set_tags
from nimbus.web.access import asker, needs, workspace_id
from nimbus.web.forms.tags import TagsForm
from nimbus.web.partials import go, show, wants_fragment

blueprint = Blueprint("tags", __name__, url_prefix="/email-accounts")


class AccountTags:
    """What templates know of an account's tags: those it has, and a form with them or with what was typed."""

    def __init__(self, account_id: int, form: TagsForm | None = None) -> None:
        self.names: list[TagName] = tags_on(db.session(), workspace_id(), [account_id]).get(account_id, [])
        self.known = tags_in_use(db.session(), workspace_id())
        self.form = form or TagsForm(formdata=None, clients=self._line(of=True), tags=self._line(of=False))

    def _line(self, *, of: bool) -> str:
        return ", ".join(tag.name for tag in self.names if tag.is_client is of)


@blueprint.route("/<int:account_id>/tags", methods=["GET", "POST"])
@needs(Permission.OPERATE)
def edit(account_id: int) -> Response | AnyResponse:
    account = _account(account_id)
    if request.method == "GET":
        return _shown(account, AccountTags(account_id))
    form = TagsForm()
    if form.validate_on_submit():
        try:
            clients, tags = split(form.clients.data or ""), split(form.tags.data or "")
            set_tags(asker(), account_id, tags=tags, clients=clients)
        except OtherKind as problem:
            field = form.clients if problem.wanted == "client" else form.tags
            field.errors = [str(problem)]
    if form.errors:
        return _shown(_account(account_id), AccountTags(account_id, form), status=422)
    if wants_fragment():
        return _shown(account, AccountTags(account_id), saved=True)
    return go(url_for("email_accounts.show", account_id=account_id), "Saved.")


def _shown(
    account: EmailAccountHealth, tags: AccountTags, *, status: int = 200, saved: bool = False
) -> Response:
    page, part = "email_accounts/tags.html", "email_accounts/_tags.html"
    return show(page, part, status, account=account, account_tags=tags, saved=saved)


def _account(account_id: int) -> EmailAccountHealth:
    row = find_account(db.session(), workspace_id(), account_id, now().date())
    if row is None:
        abort(404)
    return row.account
