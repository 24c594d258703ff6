"""Binds every page, and what all pages share, to the application."""

from flask import Flask

from nimbus.web import (
    access,
    account_room,
    assets,
    audit_log,
    bulk,
    campaign_decisions,
    campaign_form,
    campaign_inboxes,
    campaign_launch,
    campaign_list,
    campaign_page,
    campaign_steps,
    components,
    connect,
    connect_oauth,
    contact_imports,
    contacts,
    deliverability,
    domains,
    email_accounts,
    encryption,
    engage,
    errors,
    figures,
    headers,
    help_pages,
    home,
    ids,
    inbox_sync,
    integrations,
    invitations,
    messages,
    navigation,
    oauth,
    place,
    reconnect,
    replies,
    saved_views,
    sessions,
    settings,
    setup,
    standing,
    suppression,
    system,
    system_sends,
    tags,
    team,
    unsubscribing,
    workspace_settings,
    workspaces,
    you,
)
from nimbus.web.late_rule import LateRule

_WITH_PAGES = (
    audit_log,
    bulk,
    campaign_decisions,
    campaign_page,
    campaign_form,
    campaign_inboxes,
    campaign_launch,
    campaign_list,
    campaign_steps,
    connect,
    connect_oauth,
    contact_imports,
    contacts,
    deliverability,
    domains,
    email_accounts,
    encryption,
    engage,
    figures,
    help_pages,
    home,
    inbox_sync,
    integrations,
    invitations,
    messages,
    oauth,
    place,
    reconnect,
    replies,
    saved_views,
    sessions,
    settings,
    setup,
    standing,
    suppression,
    system,
    system_sends,
    tags,
    team,
    unsubscribing,
    workspace_settings,
    workspaces,
    you,
)


def init_web(app: Flask) -> None:
    """Everything of the web, in one place."""
    app.url_rule_class = LateRule
    app.url_map.merge_slashes = False  # the router would lead //x to whatever host the request named
    ids.init_ids(app)
    assets.init_assets(app)
    access.init_access(app)
    components.init_components(app)
    navigation.init_navigation(app)
    place.init_place(app)
    settings.init_settings(app)
    account_room.init_account_room(app)
    workspaces.init_workspaces(app)
    headers.init_headers(app)
    errors.init_errors(app)
    invitations.init_invitations(app)
    for module in _WITH_PAGES:
        app.register_blueprint(module.blueprint)
