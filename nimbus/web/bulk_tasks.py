"""What can be done to many accounts at once: its form, its words, and the change that it makes."""

from collections.abc import Callable
from typing import Any, NamedTuple

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.rules.campaign_types import Restriction
from nimbus.services.account_changes import Change, Limit, Priority, Restrict, Rotation
from nimbus.services.asker import Asker
from nimbus.services.tag_changes import AddTag, OtherKind, RemoveTag, known_tag
from nimbus.web.components import plural
from nimbus.web.forms.accounts import LimitForm, PriorityForm, RestrictionForm
from nimbus.web.forms.base import PlainForm
from nimbus.web.forms.tags import TagForm

_USED_FOR = {
    Restriction.ANY: "may be used for any campaign",
    Restriction.COLD_OUTREACH: "reserved for cold outreach",
    Restriction.NURTURE: "reserved for nurture",
}


class BulkTask(NamedTuple):
    """One button below the list. `title` and `said` take “48 inboxes”; `said` is the notice when it is done."""

    button: str
    icon: str
    title: str
    explained: str
    form: type[PlainForm]
    change: Callable[[Any, Asker], Change]
    said: Callable[[Any, str], str]


class NameOfOtherKind(Exception):
    """The name that was typed is a client and not a tag, or the other way round."""


def _switch(*, on: bool) -> Callable[[Any, Asker], Change]:
    return lambda _form, asker: Rotation(
        is_active=on, is_active_changed_at=now(), is_active_changed_by=asker.name
    )


def _tag(form: TagForm, asker: Asker) -> Change:
    name = form.name.data or ""
    if form.what.data == "off":
        return RemoveTag(name)
    is_client = form.what.data == "client"
    try:
        with transaction() as session:
            known_tag(session, asker.workspace_id, name, is_client=is_client)
    except OtherKind as problem:
        form.name.errors = [str(problem)]
        raise NameOfOtherKind from None
    return AddTag(name, is_client)


def _tagged(form: TagForm, inboxes: str) -> str:
    name, verb = form.name.data, "taken off" if form.what.data == "off" else "added to"
    return f"“{name}” {verb} {inboxes}."


TASKS: dict[str, BulkTask] = {
    "out": BulkTask(
        "Take out",
        "circle-pause",
        "Take {} out of rotation",
        "No campaign uses them until they are put back. Tracking and warmup go on.",
        PlainForm,
        _switch(on=False),
        lambda _form, inboxes: f"{inboxes} taken out of rotation.",
    ),
    "in": BulkTask(
        "Put back",
        "circle-check",
        "Put {} back into rotation",
        "Campaigns may use them again, as far as their health allows.",
        PlainForm,
        _switch(on=True),
        lambda _form, inboxes: f"{inboxes} put back into rotation.",
    ),
    "tag": BulkTask(
        "Tag…",
        "pencil",
        "Tag {}",
        "A client is a tag of its own kind: the list can be narrowed to it.",
        TagForm,
        _tag,
        _tagged,
    ),
    "limit": BulkTask(
        "Set limit…",
        "activity",
        "Set the daily limit of {}",
        "A number that is set by hand is not raised by the ramp. What is above a provider's ceiling is left as it is.",
        LimitForm,
        lambda form, _asker: Limit(form.daily_send_limit.number),
        lambda form, inboxes: f"Daily limit set to {form.daily_send_limit.number} for {inboxes}.",
    ),
    "restrict": BulkTask(
        "Restrict…",
        "shield",
        "Choose what {} may be used for",
        "Another kind of campaign waits rather than use a reserved inbox.",
        RestrictionForm,
        lambda form, _asker: Restrict(form.restriction.data),
        lambda form, inboxes: f"{inboxes} {_USED_FOR[form.restriction.data]}.",
    ),
    "priority": BulkTask(
        "Priority…",
        "arrow-up",
        "Set the rotation priority of {}",
        "Lower goes first; 100 is the usual one.",
        PriorityForm,
        lambda form, _asker: Priority(form.rotation_priority.number),
        lambda form, inboxes: f"Rotation priority set to {form.rotation_priority.number} for {inboxes}.",
    ),
}


def inboxes(count: int) -> str:
    """“1 inbox”, “48 inboxes”."""
    return plural(count, "inbox", "inboxes")
