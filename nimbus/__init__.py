"""NimbusOS: the application factory, to be read from top to bottom as the wiring diagram."""

from datetime import timedelta
from pathlib import Path

from flask import Flask

from nimbus import cli, database, logs, models
from nimbus.clock import Clock, SystemClock
from nimbus.extensions import csrf, db, htmx, limiter, login_manager, migrate
from nimbus.security.outbound import OutboundPolicy
from nimbus.security.workspace_keys import load_instance_key
from nimbus.settings import Settings, load_settings
from nimbus.web.wiring import init_web

__all__ = ["create_app", "models"]

ROOT = Path(__file__).resolve().parent.parent


def create_app(
    settings: Settings | None = None, *, clock: Clock | None = None, check_schema: bool = True
) -> Flask:
    """Build the application. Refuses to start without its key file or behind the head of the migrations."""
    settings = settings or load_settings()
    logs.configure(settings.log_level)

    app = Flask(__name__, root_path=str(ROOT), static_folder=None, template_folder="templates")
    app.extensions["nimbus.settings"] = settings
    app.extensions["nimbus.clock"] = clock or SystemClock()
    app.extensions["nimbus.instance_key"] = load_instance_key(settings.key_file)
    app.extensions["nimbus.outbound"] = OutboundPolicy.parse(settings.outbound_allow, settings.dns_resolvers)
    app.config.update(_flask_config(settings))

    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    csrf.init_app(app)
    login_manager.init_app(app)
    limiter.init_app(app)
    htmx.init_app(app)
    with app.app_context():
        database.prepare_engine(db.engine)
        if check_schema:
            database.check_schema(app)

    init_web(app)
    cli.init_app(app)
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    https = settings.base_url.startswith("https://")
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": database.engine_options(settings.database_url),
        "SESSION_COOKIE_NAME": "__Host-nimbus" if https else "nimbus",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "MAX_FORM_PARTS": 200,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a form left open overnight still saves
        "RATELIMIT_STORAGE_URI": "memory://",
        "RATELIMIT_HEADERS_ENABLED": False,
        "TEMPLATES_AUTO_RELOAD": False,
    }
