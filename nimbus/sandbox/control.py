"""The control page of a rehearsal: who has a mailbox, what goes wrong, what people do, and what time it is.

Every address takes a form or JSON, and answers as it was asked; docs/practice-world.md lists them.
"""

import json
from datetime import timedelta
from typing import Any

from flask import Flask, abort, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from nimbus.sandbox.doors import HERE
from nimbus.sandbox.faults import FAULTS
from nimbus.sandbox.flaws import FLAWS
from nimbus.sandbox.names import MAIL_HOST
from nimbus.sandbox.people import HABITS, Habit
from nimbus.sandbox.rehearsal import (
    Rehearsal,
    facts_of,
    offered_faults,
    standing_faults,
)
from nimbus.sandbox.world import App, Mailbox, System

SYSTEMS = {System.GOOGLE: "Google", System.MICROSOFT: "Microsoft", System.MAIL: "SMTP and IMAP"}
_NEWEST = 20  # messages on a mailbox's page


def control_app(rehearsal: Rehearsal) -> Flask:
    """The page and its JSON, over one rehearsal."""
    app = Flask("nimbus.sandbox")
    app.extensions["practice.rehearsal"] = rehearsal
    app.jinja_env.globals.update(
        SYSTEMS=SYSTEMS,
        HABITS=HABITS,
        FLAWS=FLAWS,
        offered_faults=offered_faults,
        standing_faults=standing_faults,
    )
    app.before_request(_refuse_strangers)
    app.register_error_handler(ValueError, _explain)
    app.register_error_handler(HTTPException, _explain)
    app.add_url_rule("/", "index", _index)
    app.add_url_rule("/world.json", "world", lambda: jsonify(_world()))
    app.add_url_rule("/clock", "clock", _clock, methods=["POST"])
    app.add_url_rule("/reset", "reset", _reset, methods=["POST"])
    app.add_url_rule("/mailboxes", "add", _add, methods=["POST"])
    app.add_url_rule("/mailboxes/<key>", "mailbox", _show_mailbox)
    app.add_url_rule("/mailboxes/<key>.json", "mailbox_json", lambda key: jsonify(_mail(_mailbox(key))))
    app.add_url_rule("/mailboxes/<key>/habit", "habit", _habit, methods=["POST"])
    app.add_url_rule("/mailboxes/<key>/react", "react", _react, methods=["POST"])
    app.add_url_rule("/apps/<key>", "app", _show_app)
    app.add_url_rule("/domains/<key>/flaw", "flaw", _flaw, methods=["POST"])
    app.add_url_rule("/<any(mailboxes, apps):kind>/<key>/faults", "faults", _faults, methods=["POST"])
    app.add_url_rule("/<any(mailboxes, apps):kind>/<key>/facts", "facts", _facts, methods=["POST"])
    return app


def _rehearsal() -> Rehearsal:
    rehearsal: Rehearsal = current_app.extensions["practice.rehearsal"]
    return rehearsal


def _refuse_strangers() -> None:
    """Another site, open in the same browser, must not command this one."""
    ours = request.host_url.rstrip("/")
    is_here = request.host.partition(":")[0] in (HERE, "localhost")
    if not is_here or request.headers.get("Origin", ours) != ours:
        abort(403, "This page is asked from this machine only.")


def _explain(problem: Exception) -> ResponseReturnValue:
    status = (problem.code or 500) if isinstance(problem, HTTPException) else 422
    said = problem.description if isinstance(problem, HTTPException) else str(problem)
    if request.is_json or request.path.endswith(".json"):
        return jsonify(error=said), status
    return render_template("control_problem.html", said=said), status


def _index() -> str:
    world = _rehearsal().world
    with world.lock:
        by_system = {
            system: sorted(
                (box for box in world.mailboxes.values() if box.system is system),
                key=lambda box: (box.domain, box.address),
            )
            for system in System
        }
        apps = sorted(world.apps.values(), key=lambda app: app.system)
    return render_template(
        "control.html",
        by_system=by_system,
        apps=apps,
        domains=sorted(world.domains()),
        rehearsal=_rehearsal(),
        mail_host=MAIL_HOST,
    )


def _show_mailbox(key: str) -> str:
    mailbox = _mailbox(key)
    with _rehearsal().world.lock:
        newest = list(reversed(mailbox.messages))[:_NEWEST]
    return render_template(
        "control_mailbox.html", it=mailbox, newest=newest, rehearsal=_rehearsal(), kind="mailboxes"
    )


def _show_app(key: str) -> str:
    return render_template("control_app.html", it=_app(key), kind="apps")


def _clock() -> ResponseReturnValue:
    given = _given()
    if given.get("to") == "morning":
        _rehearsal().advance_to_morning()
    else:
        _rehearsal().advance(timedelta(seconds=_number(given.get("seconds", 0))))
    return _done(url_for("index"), _world)


def _reset() -> ResponseReturnValue:
    _rehearsal().reset()
    return _done(url_for("index"), _world)


def _add() -> ResponseReturnValue:
    given = _given()
    address = str(given.get("address", "")).strip().lower()
    if address.count("@") != 1 or address in _rehearsal().world.mailboxes:
        raise ValueError("Give an address that nobody has yet, like ann@example.com.")
    name = str(given.get("name") or address.partition("@")[0].title())
    _rehearsal().world.add(address, name=name, system=System(given.get("system", "")))
    return _done(url_for("mailbox", key=address), lambda: _mail(_mailbox(address)))


def _faults(kind: str, key: str) -> ResponseReturnValue:
    """Set a fault; or clear one (`clear`: its name), or all (`clear`: "all")."""
    it, given = _find(kind, key), _given()
    if "clear" in given:
        it.faults.clear(None if given["clear"] == "all" else str(given["clear"]))
    else:
        name = str(given.get("name", ""))
        if name not in offered_faults(it):
            raise ValueError(f"There is no fault called {name} here.")
        values = {
            field: _value(given[field], default)
            for field, default in FAULTS[name][1].items()
            if field in given
        }
        times = int(_number(given["times"])) if given.get("times") else None
        it.faults.set(
            name, times, after=int(_number(given.get("after") or 0)), at=str(given.get("at", "")), **values
        )
    return _done(
        url_for("mailbox" if kind == "mailboxes" else "app", key=key), lambda: standing_faults(it.faults)
    )


def _facts(kind: str, key: str) -> ResponseReturnValue:
    it, given = _find(kind, key), _given()
    if not request.is_json:  # of a form, an empty box is a no
        facts = facts_of(it)
        given = {
            name: name in given if isinstance(facts[name], bool) else given[name]
            for name in request.form.getlist("of")
        }
    _rehearsal().change(it, given)
    return _done(url_for("mailbox" if kind == "mailboxes" else "app", key=key), lambda: facts_of(it))


def _flaw(key: str) -> ResponseReturnValue:
    """Set what is wrong with a domain; an empty flaw mends it."""
    domain, flaw, world = key.lower(), str(_given().get("flaw", "")), _rehearsal().world
    if domain not in world.domains():
        abort(404, f"Nobody has a mailbox at {key} in this world.")
    if flaw and flaw not in FLAWS:
        raise ValueError(f"There is no flaw called {flaw}.")
    with world.lock:
        world.flaws.pop(domain, None)
        world.flaws |= {domain: flaw} if flaw else {}
    return _done(url_for("index", _anchor="dns"), lambda: world.flaws)


def _habit(key: str) -> ResponseReturnValue:
    given = _given()
    habit, minutes = Habit(given.get("habit", "")), _number(given.get("minutes") or 0)
    _rehearsal().people.adopt(_mailbox(key).address, habit, after=timedelta(minutes=minutes))
    return _done(url_for("mailbox", key=key), lambda: _described(_mailbox(key)))


def _react(key: str) -> ResponseReturnValue:
    given = _given()
    message = str(given["message"]) if given.get("message") else None
    if not _rehearsal().people.react(_mailbox(key), Habit(given.get("habit", "")), message_id=message):
        raise ValueError("Nobody has written to this mailbox yet.")
    return _done(url_for("mailbox", key=key), lambda: _described(_mailbox(key)))


def _given() -> dict[str, Any]:
    given = request.get_json() if request.is_json else request.form.to_dict()
    if not isinstance(given, dict):
        raise ValueError("Give a JSON object.")  # noqa: TRY004 - what is wrong is the caller's words
    return given


def _done(page: str, state: Any) -> ResponseReturnValue:
    return jsonify(state()) if request.is_json else redirect(page, 303)


def _number(given: object) -> float:
    try:
        return float(str(given))
    except ValueError:
        raise ValueError(f"“{given}” is not a number.") from None


def _value(given: Any, default: Any) -> Any:
    """A fault's value, of the kind of its default; from a form everything comes as text."""
    if not isinstance(given, str) or isinstance(default, str):
        return given
    if not given.strip():
        return None
    if isinstance(default, int):
        return int(_number(given))
    try:
        return json.loads(given)
    except ValueError:
        raise ValueError(f"“{given}” is not JSON.") from None


def _mailbox(key: str) -> Mailbox:
    return _rehearsal().world.mailboxes.get(key.lower()) or abort(404, f"{key} has no mailbox in this world.")


def _app(key: str) -> App:
    return _rehearsal().world.apps.get(key) or abort(404, f"There is no application {key} in this world.")


def _find(kind: str, key: str) -> Mailbox | App:
    return _mailbox(key) if kind == "mailboxes" else _app(key)


def _world() -> dict[str, Any]:
    world = _rehearsal().world
    with world.lock:
        return {
            "now": world.clock.now().isoformat(),
            "mail": {"host": MAIL_HOST} | _rehearsal().mail_ports,
            "mailboxes": [_described(mailbox) for mailbox in world.mailboxes.values()],
            "flaws": dict(world.flaws),
            "apps": [
                {"client_id": app.client_id, "system": app.system, "faults": standing_faults(app.faults)}
                | facts_of(app)
                for app in world.apps.values()
            ],
        }


def _described(mailbox: Mailbox) -> dict[str, Any]:
    custom = _rehearsal().people.custom_of(mailbox.address)
    return {
        "address": mailbox.address,
        "system": mailbox.system,
        "messages": len(mailbox.messages),
        "faults": standing_faults(mailbox.faults),
        "habit": custom.habit,
        "minutes": custom.after.total_seconds() / 60,
    } | facts_of(mailbox)


def _mail(mailbox: Mailbox) -> dict[str, Any]:
    """A mailbox with everything in it, as text."""
    with _rehearsal().world.lock:
        return _described(mailbox) | {
            "mail": [
                {
                    "id": stored.id,
                    "thread_id": stored.thread_id,
                    "labels": sorted(stored.labels),
                    "arrived_at": stored.arrived_at.isoformat(),
                    "raw": stored.raw.decode("utf-8", "replace"),
                }
                for stored in mailbox.messages
            ]
        }
