"""Binds every page, and what all pages share, to the application."""

from flask import Flask

from nimbus.web import (
    access,
    assets,
    components,
    connect,
    email_accounts,
    errors,
    headers,
    help_pages,
    home,
    ids,
    navigation,
    reconnect,
    sessions,
    settings,
    setup,
)


def init_web(app: Flask) -> None:
    """Everything of the web, in one place."""
    ids.init_ids(app)
    assets.init_assets(app)
    access.init_access(app)
    components.init_components(app)
    navigation.init_navigation(app)
    settings.init_settings(app)
    headers.init_headers(app)
    errors.init_errors(app)
    for module in (connect, email_accounts, help_pages, home, reconnect, sessions, settings, setup):
        app.register_blueprint(module.blueprint)
