"""The application factory, to be read from top to bottom as the wiring diagram."""

from datetime import timedelta

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from nimbus import cli, database, logs, queues
from nimbus.clock import Clock, FileClock, SystemClock
from nimbus.extensions import csrf, db, htmx, limiter, login_manager
from nimbus.queue_server import queue_url
from nimbus.rules.blocklists import Blocklist, switched_on
from nimbus.security.instance_keys import KeyRing
from nimbus.security.outbound import OutboundPolicy
from nimbus.services.instance_state import judge_key_file
from nimbus.settings import Settings, load_settings
from nimbus.settings_kinds import CHECKOUT


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    check_schema: bool = True,
    check_key: bool = True,
    pages: bool = True,
) -> Flask:
    """Build the application. Refuses to start behind the head of the migrations, or where its first key is missing.

    With a key file that does not fit the database it starts, and only reads. check_schema: False for those who mend
    or make the database. check_key: False for a restore, which must start where the database is missing or damaged.
    pages: False for those who answer no request, as a worker does.
    """
    settings = settings or load_settings()
    logs.configure(settings.log_level)

    app = Flask("nimbus", root_path=str(CHECKOUT), static_folder=None, template_folder="templates")
    app.extensions["nimbus.settings"] = settings
    app.extensions["nimbus.clock"] = clock or _clock(settings)
    app.extensions["nimbus.key_ring"] = KeyRing(settings.key_file)
    app.extensions["nimbus.outbound"] = OutboundPolicy.parse(settings.outbound_allow, settings.dns_resolvers)
    app.extensions["nimbus.blocklists"] = _blocklists(settings)
    app.config.update(_flask_config(settings))

    db.init_app(app)
    database.init_migrations(app)
    with app.app_context():
        database.prepare_engine(db.engine)
        if check_key:
            judge_key_file(to_serve=check_schema)

    if pages:
        _answer_requests(app, settings)
    cli.init_app(app)
    return app


def _answer_requests(app: Flask, settings: Settings) -> None:
    from nimbus.web.read_only import init_read_only
    from nimbus.web.wiring import init_web

    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0)  # type: ignore[method-assign]
    init_read_only(app)  # asked before everything that the extensions below ask
    csrf.init_app(app)
    login_manager.init_app(app)
    limiter.init_app(app)
    htmx.init_app(app)
    init_web(app)


def _blocklists(settings: Settings) -> tuple[Blocklist, ...]:
    return switched_on(settings.blocklists_off, has_spamhaus_key=bool(settings.spamhaus_key))


def _clock(settings: Settings) -> Clock:
    return FileClock(settings.clock_file) if settings.clock_file else SystemClock()


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
        # Counted beside the queue, for all web processes together; each for itself while that is away.
        "RATELIMIT_STORAGE_URI": "redis://",
        "RATELIMIT_STORAGE_OPTIONS": {"connection_pool": queues.connect(queue_url(settings)).connection_pool},
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_HEADERS_ENABLED": False,
        "TEMPLATES_AUTO_RELOAD": False,
    }
