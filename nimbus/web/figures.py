"""Figures: how the mail fared that people and campaigns sent, by inbox, domain, campaign and step."""

from flask import Blueprint, Response, request

from nimbus.web.access import workspace_id
from nimbus.web.figures_view import FiguresView, share
from nimbus.web.partials import show as show_page

blueprint = Blueprint("figures", __name__)


@blueprint.get("/deliverability/figures")
def show() -> Response:
    view = FiguresView(workspace_id(), request.args)
    return show_page("figures/show.html", "figures/_figures.html", view=view, share=share)
