"""What a provider's answer to a sign-in or a refresh means, and whether it ends an inbox's grant.

Only a refusal of the grant itself does that. An app that is set up wrongly, a busy provider or an answer that makes no
sense prove nothing about any inbox. Evidence: `providers.md` 1.4 and 2.4; the name of an error decides before its number.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from nimbus.rules.json_values import text
from nimbus.rules.providers import COMPANIES, Provider


class GrantEnding(StrEnum):
    """Why there are no tokens, or why they do not help. Kept with the grant: the values never change."""

    REVOKED = "revoked"
    INTERACTION = "interaction"  # the person has to sign in again: a second factor, a policy, a consent
    ADMIN_CONSENT = "admin_consent"
    SCOPE_MISSING = "scope_missing"
    DECLINED = "declined"
    CODE_USED = "code_used"  # this way there and back is over; another one may succeed
    NO_MAILBOX = "no_mailbox"
    APP_WRONG = "app_wrong"
    UNAVAILABLE = "unavailable"  # proves nothing


_E = GrantEnding
_ENDS_GRANT = frozenset({_E.REVOKED, _E.INTERACTION, _E.ADMIN_CONSENT, _E.SCOPE_MISSING})
_BUSY = frozenset({408, 425, 429})

# An error that is neither here nor below proves nothing.
_GRANT_ERRORS = {
    "invalid_grant": _E.REVOKED,
    "interaction_required": _E.INTERACTION,
    "consent_required": _E.INTERACTION,
    "login_required": _E.INTERACTION,
}
_APP_ERRORS = frozenset(
    {
        "invalid_client",
        "unauthorized_client",
        "invalid_request",
        "invalid_scope",
        "invalid_resource",
        "redirect_uri_mismatch",
        "unsupported_grant_type",
        "unsupported_response_type",
        "org_internal",
        "disallowed_useragent",
    }
)
_RETURNS = {
    "access_denied": _E.DECLINED,
    "consent_required": _E.ADMIN_CONSENT,
    "admin_policy_enforced": _E.ADMIN_CONSENT,
}
_GOOGLE_REAUTH = frozenset({"invalid_rapt", "rapt_required"})
_SUBERRORS = dict.fromkeys(
    (
        "basic_action",
        "additional_action",
        "message_only",
        "consent_required",
        "user_password_expired",
        "protection_policy_required",
        "device_authentication_failed",
    ),
    _E.INTERACTION,
) | dict.fromkeys(("bad_token", "token_expired", "client_mismatch"), _E.REVOKED)


def _numbers(ending: GrantEnding, *numbers: int) -> dict[int, GrantEnding]:
    return dict.fromkeys(numbers, ending)


AADSTS: dict[int, GrantEnding] = {
    **_numbers(_E.INTERACTION, 65001, 50076, 50079, 50074, 50078, 53000, 53001, 53002, 53003, 530035),
    **_numbers(_E.INTERACTION, 50034, 50057, 50126, 70043),
    **_numbers(_E.ADMIN_CONSENT, 90094, 90093, 90008, 50105),
    **_numbers(_E.DECLINED, 65004),
    **_numbers(_E.REVOKED, 50173, 70000, 70008, 700082, 700084),
    **_numbers(_E.CODE_USED, 54005, 501481, 50148),
    **_numbers(_E.APP_WRONG, 65005, 650056, 50020, 500208, 50011, 50194, 700016, 7000215, 7000222, 70011),
    **_numbers(_E.UNAVAILABLE, 90033, 90024),
}
_NUMBER = re.compile(r"AADSTS(\d{4,8})\b")


class TokenRefusal(NamedTuple):
    """What a token endpoint answered instead of tokens; whatever was not text or numbers there is empty here."""

    status: int
    error: str = ""
    description: str = ""
    suberror: str = ""
    numbers: tuple[int, ...] = ()
    reference: str = ""


def read_refusal(status: int, body: Mapping[str, Any]) -> TokenRefusal:
    """The refusal in an answer's JSON object, which may be anything."""
    description = text(body, "error_description")
    codes = body.get("error_codes")
    given = codes if isinstance(codes, list) else []
    return TokenRefusal(
        status,
        text(body, "error"),
        description,
        text(body, "suberror") or text(body, "error_subtype"),
        tuple(code for code in given if type(code) is int) or numbers_in(description),
        " ".join(filter(None, (text(body, "trace_id"), text(body, "correlation_id")))),
    )


def numbers_in(description: str) -> tuple[int, ...]:
    """Microsoft's numbers in a description: AADSTS50076 → 50076."""
    return tuple(map(int, _NUMBER.findall(description)))


def token_ending(refusal: TokenRefusal, *, refreshing: bool) -> GrantEnding:
    """What a token endpoint's refusal means for a refresh, or for the exchange of a code."""
    if not 400 <= refusal.status < 500 or refusal.status in _BUSY:
        return _E.UNAVAILABLE
    ending = _ending(refusal.error, refusal.suberror, refusal.numbers)
    if refreshing:  # there is no code then, and nobody who could decline
        return _E.INTERACTION if ending in {_E.CODE_USED, _E.DECLINED} else ending
    return _E.CODE_USED if ending is _E.REVOKED else ending


def return_ending(error: str, description: str = "") -> GrantEnding:
    """What the `error` that a person came back with means; the words beside it tell declining from not being allowed."""
    if error in _RETURNS:
        return _found(numbers_in(description)) or _RETURNS[error]
    return _ending(error, "", numbers_in(description))


def ends_grant(ending: GrantEnding) -> bool:
    """Whether only the person, signing in again, gives the inbox its tokens back."""
    return ending in _ENDS_GRANT


def _ending(error: str, suberror: str, numbers: tuple[int, ...]) -> GrantEnding:
    found = _found(numbers)
    if error in _GRANT_ERRORS:
        if suberror in _GOOGLE_REAUTH:
            return _E.INTERACTION
        return found or _SUBERRORS.get(suberror) or _GRANT_ERRORS[error]
    if error in _APP_ERRORS and found is not _E.UNAVAILABLE:  # whatever its number, no person was refused
        return _E.APP_WRONG
    return _E.UNAVAILABLE


def _found(numbers: tuple[int, ...]) -> GrantEnding | None:
    return next((AADSTS[number] for number in numbers if number in AADSTS), None)


_SENTENCES = {
    _E.REVOKED: "{name} no longer accepts the sign-in of this inbox. Reconnect it.",
    _E.INTERACTION: "{name} wants the person to sign in again before this inbox can be used. Reconnect it.",
    _E.ADMIN_CONSENT: (
        "An administrator of the organisation has to approve this app at {name} first. Send the approval link on, then "
        "connect again."
    ),
    _E.SCOPE_MISSING: "{name} was not allowed to give everything that is needed. Reconnect and leave every box ticked.",
    _E.DECLINED: "The permissions were declined at {name}, so nothing was connected. Connect again to allow them.",
    _E.CODE_USED: "This sign-in at {name} is over: it was used already, or took too long. Start it again.",
    _E.NO_MAILBOX: "This person has no mailbox at {name}. Sign in as somebody who has one.",
    _E.APP_WRONG: (
        "{name} does not accept the app that NimbusOS uses there. Whoever runs this installation can check it under "
        "Integrations."
    ),
    _E.UNAVAILABLE: "{name} did not give a usable answer. Nothing has changed; try again in a few minutes.",
}
_NUMBER_SENTENCES = {
    **dict.fromkeys(
        (50074, 50076, 50078, 50079),
        "Microsoft asks for a second factor. Reconnect the inbox and confirm it there.",
    ),
    **dict.fromkeys(
        (53000, 53001, 53002, 53003, 530035),
        "The organisation's conditional access blocks this sign-in. Ask its administrator to allow the app, then reconnect.",
    ),
    50020: "This person belongs to another directory than the app takes. Check the tenant of the Microsoft app.",
    500208: "This kind of account does not fit the app. Check the tenant of the Microsoft app: common takes both kinds.",
    50057: "This person's account is disabled at Microsoft. Ask the administrator of the organisation.",
    50105: "This person is not assigned to the app. An administrator has to assign it at Microsoft first.",
    50194: "The app belongs to a single directory. Enter that directory as the tenant of the Microsoft app.",
    50011: "Microsoft does not know the redirect address of the app. Enter it there exactly as shown under Integrations.",
    700016: "Microsoft does not know the app in this directory. Check its client ID and its tenant.",
    700084: (
        "The app is registered as a single-page application, whose sign-ins last for a day. Register it as Web, then "
        "reconnect."
    ),
    7000215: "Microsoft does not accept the client secret. Enter its value, not its ID, under Integrations.",
    7000222: "The client secret of the Microsoft app has expired. Make a new one there and enter it under Integrations.",
}


def sentence(ending: GrantEnding, provider: Provider, *, code: str = "") -> str:
    """What happened and what to do, for a person; `code` is the number or name that the provider gave it."""
    if code.isascii() and code.isdigit() and int(code) in _NUMBER_SENTENCES:
        return _NUMBER_SENTENCES[int(code)]
    return _SENTENCES[ending].format(name=COMPANIES[provider])
