"""Signing in at Google and Microsoft: which permissions are asked for, what each is in words, and which are missing.

Scopes: the specification for connecting, `providers.md` 1.2 and 2.2 for what each allows.
"""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from nimbus.rules.providers import Provider

ATTEMPT_LASTS = timedelta(
    minutes=10
)  # the state of a sign-in is good for so long; Microsoft's codes live as long
OAUTH_PROVIDERS = (Provider.GMAIL, Provider.MICROSOFT)


class OAuthPurpose(StrEnum):
    """What a finished sign-in does: makes an account, repairs one, or lets one be engaged with."""

    CONNECT = "connect"
    REAUTHORIZE = "reauthorize"
    ENGAGE = "engage"


_GOOGLE, _GRAPH = "https://www.googleapis.com/auth/", "https://graph.microsoft.com/"
_CONNECT = {
    Provider.GMAIL: (f"{_GOOGLE}gmail.send", f"{_GOOGLE}gmail.readonly", "profile"),
    Provider.MICROSOFT: (f"{_GRAPH}Mail.Send", f"{_GRAPH}Mail.Read", f"{_GRAPH}User.Read"),
}
_ENGAGE = {Provider.GMAIL: f"{_GOOGLE}gmail.modify", Provider.MICROSOFT: f"{_GRAPH}Mail.ReadWrite"}
_PROTOCOL = {Provider.GMAIL: (), Provider.MICROSOFT: ("offline_access",)}  # what yields a refresh token
_WORDS = {
    f"{_GOOGLE}gmail.send": "send mail",
    f"{_GOOGLE}gmail.readonly": "read mail",
    "profile": "see your name",
    f"{_GOOGLE}gmail.modify": "mark mail as read and move it",
    f"{_GRAPH}Mail.Send": "send mail",
    f"{_GRAPH}Mail.Read": "read mail",
    f"{_GRAPH}User.Read": "see who you are",
    f"{_GRAPH}Mail.ReadWrite": "mark mail as read and move it",
}
# Google answers with the long names of these, and either host may be left out of Microsoft's.
_SAME = {f"{_GOOGLE}userinfo.profile": "profile", f"{_GOOGLE}userinfo.email": "email"}


def needed_scopes(provider: Provider, purpose: OAuthPurpose) -> tuple[str, ...]:
    """What an account of this provider must have been granted, in the order a person reads it."""
    extra = (_ENGAGE[provider],) if purpose is OAuthPurpose.ENGAGE else ()
    return _CONNECT[provider] + extra


def asked_scopes(provider: Provider, purpose: OAuthPurpose) -> str:
    """The `scope` parameter of the authorization request."""
    return " ".join((*_PROTOCOL[provider], *needed_scopes(provider, purpose)))


def normal_scopes(provider: Provider, granted: str) -> frozenset[str]:
    """The scopes of a token answer, in the spelling that they are asked for in."""
    names = granted.split()
    if provider is Provider.MICROSOFT:
        full = {scope.removeprefix(_GRAPH).lower(): scope for scope in _WORDS if scope.startswith(_GRAPH)}
        return frozenset(full.get(name.removeprefix(_GRAPH).lower(), name) for name in names)
    return frozenset(_SAME.get(name, name) for name in names)


def missing_scopes(provider: Provider, purpose: OAuthPurpose, granted: Iterable[str]) -> tuple[str, ...]:
    """What was needed and not granted. Permission to change mail includes permission to read it."""
    has = set(granted)
    if _ENGAGE[provider] in has:
        has.add(_CONNECT[provider][1])
    return tuple(scope for scope in needed_scopes(provider, purpose) if scope not in has)


def may_engage(provider: Provider, granted: Iterable[str]) -> bool:
    """Whether mail in this mailbox may be marked as read and moved."""
    return provider in _ENGAGE and _ENGAGE[provider] in set(granted)


def in_words(scopes: Iterable[str]) -> str:
    """Permissions as a person reads them: "send mail, read mail and see your name"."""
    words = [_WORDS.get(scope, scope) for scope in scopes]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
