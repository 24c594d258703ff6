"""The messages of a campaign: written step by step, and read as one of its contacts would read them."""

import re
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.models import Campaign
from nimbus.rules.follow_up import MOST_STEPS
from nimbus.rules.roles import Permission
from nimbus.security.mail_html import plain_html
from nimbus.services.book_fields import known_fields
from nimbus.services.campaign_copy import list_steps
from nimbus.services.campaign_life import CannotBecome, NoSuchCampaign
from nimbus.services.edit_campaign import StepsRefused, change_steps
from nimbus.services.preview_campaign import PreviewedStep, offered_contacts, preview
from nimbus.web.access import asker, needs, workspace_id
from nimbus.web.campaign_view import campaign_or_404, page_url, why_not_edit
from nimbus.web.forms.campaigns import StepsForm, steps_form
from nimbus.web.partials import go

blueprint = Blueprint("campaign_steps", __name__, url_prefix="/campaigns")

_MOST_SENT = 8 * 1024 * 1024  # bytes of a form: a text that is too long deserves its sentence, and comes back
_REMOVE = re.compile(r"remove-(\d{1,2})", re.ASCII)
_USUAL_WAIT = 3  # days, of a step that is added


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step of the preview; `html` is what of its HTML this page shows."""

    step: PreviewedStep
    html: Markup | None


@blueprint.url_value_preprocessor
def _take_long_texts(endpoint: str | None, _values: object) -> None:
    """Let the form through that may carry much; before anything reads it, the check of its token included."""
    if endpoint == "campaign_steps.save":
        request.max_content_length = request.max_form_memory_size = _MOST_SENT


@blueprint.get("/<int:campaign_id>/steps")
@needs(Permission.OPERATE)
def form(campaign_id: int) -> str | AnyResponse:
    campaign = campaign_or_404(campaign_id)
    steps = list_steps(db.session(), workspace_id(), campaign_id)
    return why_not_edit(campaign) or _page(campaign, steps_form(steps))


@blueprint.post("/<int:campaign_id>/steps")
@needs(Permission.OPERATE)
def save(campaign_id: int) -> tuple[str, int] | AnyResponse:
    campaign = campaign_or_404(campaign_id)
    typed, do = StepsForm(), request.form.get("do", "save")
    if (changed := _rearranged(typed, do)) is not None:
        return _page(campaign, changed), 200
    if typed.validate():
        try:
            change_steps(asker(), campaign_id, typed.copies())
        except StepsRefused as problem:
            typed.say(problem.wrong)
        except (CannotBecome, NoSuchCampaign) as problem:
            return go(url_for("campaigns.index"), str(problem), "bad")
        else:
            return _go_on(campaign, do)
    return _page(campaign, typed), 422


@blueprint.get("/<int:campaign_id>/preview")
def read(campaign_id: int) -> str:
    campaign = campaign_or_404(campaign_id)
    offered = offered_contacts(workspace_id(), campaign.book_id)
    asked = request.args.get("contact", "").replace("\0", "").strip()[:254]
    email = asked or next(iter(offered), "")
    steps = preview(workspace_id(), campaign_id, email) if email else None
    return render_template(
        "campaigns/preview.html",
        campaign=campaign,
        offered=offered,
        email=email,
        steps=None if steps is None else [_shown(step) for step in steps],
    )


def _go_on(campaign: Campaign, do: str) -> AnyResponse:
    if do == "preview":
        return go(url_for(".read", campaign_id=campaign.id))
    if campaign.launched_at:
        return go(page_url(campaign.id), "Saved.")
    return go(url_for("campaign_inboxes.index", campaign_id=campaign.id), "Saved.")


def _rearranged(typed: StepsForm, do: str) -> StepsForm | None:
    """The form with a step more or less, nothing typed being lost; None where that is not what was asked for."""
    rows = typed.typed()
    found = _REMOVE.fullmatch(do)
    if do == "add" and len(rows) < MOST_STEPS:
        return steps_form([*rows, {"delay_days": _USUAL_WAIT}])
    if found and 0 <= int(found[1]) < len(rows) > 1:
        return steps_form([row for number, row in enumerate(rows) if number != int(found[1])])
    return None


def _shown(step: PreviewedStep) -> ShownStep:
    html = step.words.html if step.words else None
    return ShownStep(step, Markup(plain_html(html)) if html else None)  # noqa: S704 - it was cleaned for this very page


def _page(campaign: Campaign, typed: StepsForm) -> str:
    typed.steps[0].form.delay_days.label.text = "Days after the launch"
    fields = sorted(known_fields(db.session(), campaign)) if campaign.book_id else None
    return render_template(
        "campaigns/steps.html", campaign=campaign, form=typed, fields=fields, most=MOST_STEPS
    )
