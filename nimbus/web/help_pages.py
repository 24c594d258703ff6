"""Help pages that come with the product, so that a sentence about a failure can lead to more."""

from flask import Blueprint, abort, render_template

blueprint = Blueprint("help", __name__, url_prefix="/help")

_ARTICLES = frozenset({"connecting", "app-passwords"})


@blueprint.get("")
def index() -> str:
    return render_template("help/index.html")


@blueprint.get("/<slug>")
def article(slug: str) -> str:
    if slug not in _ARTICLES:
        abort(404)
    return render_template(f"help/{slug}.html")
