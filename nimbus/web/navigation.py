"""The main navigation: only pages that exist, with counts where somebody must act."""

from typing import Any

from flask import Flask, request, url_for
from flask_login import current_user

from nimbus.extensions import db
from nimbus.models.campaign_counts import count_throttled
from nimbus.models.domain_queries import count_paused
from nimbus.models.reply_queries import count_open
from nimbus.rules.inbox_status import StatusKey
from nimbus.web.access import signed_in
from nimbus.web.counts import status_counts
from nimbus.web.partials import wants_fragment
from nimbus.web.settings import BLUEPRINTS as SETTINGS

_PAGES = (
    ("home", "home.show", "Home", "layout-dashboard"),
    ("email_accounts", "email_accounts.index", "Email accounts", "mail"),
    ("campaigns", "campaigns.index", "Campaigns", "send"),
    ("domains", "domains.index", "Domains", "globe"),
    ("contacts", "contacts.index", "Contacts", "users"),
    ("replies", "replies.index", "Replies", "inbox"),
    ("deliverability", "deliverability.show", "Deliverability", "activity"),
    ("integrations", "integrations.index", "Integrations", "link"),
    ("settings", "settings.index", "Settings", "settings"),
    ("system", "system.show", "System", "server"),
    ("help", "help.index", "Help", "life-buoy"),
)
_FOR_INSTANCE_OWNER = frozenset({"system"})
_SECTION_OF = dict.fromkeys(
    ("connect", "connect_oauth", "engage", "messages", "oauth", "reconnect"), "email_accounts"
)
_SECTION_OF |= dict.fromkeys(("contact_imports", "suppression"), "contacts")
_SECTION_OF["figures"] = "deliverability"
_SECTION_OF |= dict.fromkeys(
    (
        "campaign_decisions",
        "campaign_form",
        "campaign_inboxes",
        "campaign_launch",
        "campaign_page",
        "campaign_steps",
    ),
    "campaigns",
)


def init_navigation(app: Flask) -> None:
    app.context_processor(_navigation)


def _navigation() -> dict[str, Any]:
    """What the layout needs; a fragment has no layout, so nothing is counted for it."""
    if not current_user.is_authenticated or wants_fragment():
        return {"nav": [], "attention": 0}
    attention = status_counts(signed_in().workspace).get(StatusKey.NEEDS_ATTENTION, 0)
    section = (
        "settings"
        if request.blueprint in SETTINGS
        else _SECTION_OF.get(request.blueprint or "", request.blueprint)
    )
    workspace_id = signed_in().workspace.id
    counts = {
        "email_accounts": attention or None,
        "domains": count_paused(db.session(), workspace_id) or None,
        "replies": count_open(db.session(), workspace_id) or None,
        "deliverability": count_throttled(db.session(), workspace_id) or None,
    }
    nav = [
        (key, label, icon, url_for(endpoint), counts.get(key), key == section)
        for key, endpoint, label, icon in _PAGES
        if key not in _FOR_INSTANCE_OWNER or signed_in().owns_instance
    ]
    return {"nav": nav, "attention": attention}
