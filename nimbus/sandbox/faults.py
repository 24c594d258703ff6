"""What can go wrong for one mailbox, or for one application, when somebody asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

# What each fault does, in words for whoever sets it, and the values that it takes with their defaults.
FAULTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "revoked": ("The owner withdraws every permission, once; asking again grants a new one.", {}),
    "expired": ("All access tokens end now; refreshing still works.", {}),
    "unauthorized_once": ("A good access token is answered with 401, once.", {}),
    "forbidden": ("403 with a reason of the provider's.", {"reason": ""}),
    "throttled": ("Too many requests; wait some seconds, or nothing said.", {"retry_after": 5}),
    "daily_cap": ("No more mail may be sent until hours from now.", {"hours": 8}),
    "server_error": ("The provider answers with a 5xx.", {"status": 503}),
    "hang": ("Nothing is answered for some seconds, then the connection ends.", {"seconds": 120}),
    "cut_after_acceptance": ("A message is taken and the connection cut before the answer.", {}),
    "wrong_json": ("The answer is not what was promised.", {"body": "<!doctype html><title>Sorry</title>"}),
    "changed_scopes": ("Other permissions are granted than were ticked.", {"scopes": ""}),
    "wrong_account": ("Somebody else's mailbox comes back from the sign-in.", {"address": ""}),
    "token_error": (
        "The token endpoint refuses: with this answer, or with that of one of Microsoft's numbers.",
        {"status": 400, "body": {"error": "invalid_grant"}, "aadsts": 0},
    ),
    "admin_approval": ("An administrator has to approve first.", {}),
    "mfa": ("The sign-in asks for a second factor.", {}),
    "policy_block": ("The organisation's policy does not let this application in.", {}),
    "placement": ("Mail arrives under another label.", {"label": "SPAM"}),
    "rewritten_message_id": ("Sent messages get a Message-ID of the provider's.", {}),
    "history_gone": ("What happened until now can no longer be asked for.", {}),
    "send_counter": ("Messages that may be sent in 24 hours.", {"limit": 2000}),
    "quota_units": ("Units that requests may cost in a minute.", {"limit": 6000}),
    "reuse_detection": ("A refresh token that is used twice ends the whole sign-in.", {}),
    "late_copy": ("The copy of a sent message appears some seconds later.", {"seconds": 20}),
    "limits": ("Microsoft's limits hold: four requests at a time, thirty sends a minute.", {}),
    "repeated_items": ("A sync reports the same message more than once.", {}),
}
_ONCE = frozenset(
    {"revoked", "expired", "unauthorized_once", "history_gone"}
)  # events rather than conditions


@dataclass
class Fault:
    """One fault that is set: `times` it still strikes (None: until cleared) after `after` more harmless calls.

    `at` limits it to one kind of call: token, userinfo, api, send; empty for all.
    """

    name: str
    times: int | None
    after: int
    at: str
    values: dict[str, Any]


@dataclass
class Faults:
    """The faults of one mailbox or application."""

    lock: RLock = field(default_factory=RLock, repr=False)
    standing: dict[str, Fault] = field(default_factory=dict)

    def set(
        self, name: str, times: int | None = None, *, after: int = 0, at: str = "", **values: Any
    ) -> None:
        """Let something go wrong from now on; raises ValueError for a fault or a value that does not exist."""
        if name not in FAULTS:
            raise ValueError(f"There is no fault called {name}.")
        defaults = FAULTS[name][1]
        if unknown := values.keys() - defaults.keys():
            raise ValueError(f"{name} takes no {', '.join(sorted(unknown))}.")
        if times is None and name in _ONCE:
            times = 1
        with self.lock:
            self.standing[name] = Fault(name, times, after, at, {**defaults, **values})

    def take(self, name: str, *points: str) -> Fault | None:
        """The fault, if it strikes a call of this kind now; counts it as having struck."""
        with self.lock:
            fault = self.standing.get(name)
            if fault is None or (fault.at and fault.at not in points):
                return None
            if fault.after:
                fault.after -= 1
                return None
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    del self.standing[name]
            return fault

    def get(self, name: str) -> Fault | None:
        """The fault as it is set, without its striking: for what is a switch rather than an event."""
        return self.standing.get(name)

    def clear(self, name: str | None = None) -> None:
        """Let one thing, or everything, go right again."""
        with self.lock:
            if name is None:
                self.standing.clear()
            else:
                self.standing.pop(name, None)
