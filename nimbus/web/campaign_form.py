"""Making a campaign, and everything that is set beside its steps and its pool."""

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.models import Campaign
from nimbus.models.contact_queries import find_book, list_books
from nimbus.rules.campaign_types import CampaignType
from nimbus.rules.roles import Permission
from nimbus.services.campaign_life import CannotBecome, NoSuchCampaign
from nimbus.services.edit_campaign import SettingRefused, change_settings, create_campaign
from nimbus.web.access import asker, needs, workspace_id
from nimbus.web.campaign_view import campaign_or_404, page_url, why_not_edit
from nimbus.web.forms.campaigns import NewCampaignForm, SettingsForm
from nimbus.web.partials import go

blueprint = Blueprint("campaign_form", __name__, url_prefix="/campaigns")


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.OPERATE)
def new() -> tuple[str, int] | AnyResponse:
    form = NewCampaignForm()
    if form.validate_on_submit():
        campaign_id = create_campaign(
            asker(),
            name=form.name.data or "",
            campaign_type=CampaignType(form.campaign_type.data),
            min_health_score=form.min_health_score.number,
        )
        return go(url_for(".edit", campaign_id=campaign_id))
    return render_template("campaigns/new.html", form=form), 422 if form.errors else 200


@blueprint.route("/<int:campaign_id>/edit", methods=["GET", "POST"])
@needs(Permission.OPERATE)
def edit(campaign_id: int) -> tuple[str, int] | AnyResponse:
    campaign = campaign_or_404(campaign_id)
    if (leads := why_not_edit(campaign)) is not None:
        return leads
    form = SettingsForm(data=_values(campaign))
    form.offer(list_books(db.session(), workspace_id()))
    if form.is_submitted() and form.validate():
        try:
            change_settings(asker(), campaign_id, form.settings())
        except SettingRefused as problem:
            form.say(problem.field, str(problem))
        except (CannotBecome, NoSuchCampaign) as problem:
            return go(url_for("campaigns.index"), str(problem), "bad")
        else:
            if campaign.launched_at:
                return go(page_url(campaign_id), "Saved.")
            return go(url_for("campaign_steps.form", campaign_id=campaign_id), "Saved.")
    return _page(campaign, form), 422 if form.errors else 200


def _values(campaign: Campaign) -> dict[str, object]:
    names = ("name", "campaign_type", "min_health_score", "opens", "closes", "timezone")
    values = {name: getattr(campaign, name) for name in names}
    return values | {"days": [str(day) for day in campaign.days], "book": str(campaign.book_id or "")}


def _page(campaign: Campaign, form: SettingsForm) -> str:
    book = find_book(db.session(), workspace_id(), campaign.book_id) if campaign.book_id else None
    return render_template("campaigns/edit.html", form=form, campaign=campaign, book=book)
