"""The extension objects: created empty here, bound to the application in create_app()."""

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from htmx_flask import Htmx

from nimbus.models.base import Base

db = SQLAlchemy(
    metadata=Base.metadata,
    # Rows stay readable after a commit; whatever must be fresh is read again in the transaction that needs it.
    session_options={"expire_on_commit": False},
)
login_manager = LoginManager()
csrf = CSRFProtect()
htmx = Htmx()
limiter = Limiter(get_remote_address, strategy="moving-window")
