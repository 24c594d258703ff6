"""Why a provider may have ended a sign-in, as far as its dates leave that open (`providers.md` 1.4 and 2.4).

Google says the same whatever the reason, and Microsoft nearly so. What the dates rule out is not said.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.providers import Provider

TESTING_LASTS = timedelta(days=7)  # of every sign-in of a Google app whose publishing status is Testing
_NOTICED_WITHIN = timedelta(hours=6)  # a token lasts an hour, and a worker may have been away for a while
_UNUSED_LASTS = {Provider.GMAIL: timedelta(days=180), Provider.MICROSOFT: timedelta(days=90)}
_TESTING, _NOT_TESTING = "testing", frozenset({"internal", "production"})


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that is over: when it was given, last renewed and found over, and what its app's maker says of it.

    audience: internal, testing or production, of a Google app; empty where nobody has said.
    """

    provider: Provider
    granted_at: datetime
    renewed_at: datetime
    failed_at: datetime
    audience: str = ""


def ended_as_in_testing(sign_in: SignIn) -> bool:
    """Whether it ended just when Google ends those of an app in testing."""
    lasted = sign_in.failed_at - sign_in.granted_at
    is_possible = sign_in.provider is Provider.GMAIL and sign_in.audience not in _NOT_TESTING
    return is_possible and TESTING_LASTS <= lasted <= TESTING_LASTS + _NOTICED_WITHIN


def reasons(sign_in: SignIn, ending: GrantEnding) -> tuple[str, ...]:
    """What may have happened, the likeliest first; none where the ending itself says it."""
    if ending is not GrantEnding.REVOKED:
        return ()
    if ended_as_in_testing(sign_in):
        return (_IN_TESTING,)
    found = _GOOGLE if sign_in.provider is Provider.GMAIL else _MICROSOFT
    if sign_in.failed_at - sign_in.renewed_at >= _UNUSED_LASTS[sign_in.provider]:
        return (_UNUSED[sign_in.provider],)
    if sign_in.audience == _TESTING:
        return (*found, _SEVEN_DAYS)
    return found


_IN_TESTING = (
    "It ended seven days after it began, and that is how Google treats every sign-in of an app in testing. Publish the "
    "app at Google, or make it internal to your organisation; otherwise this happens again every week."
)
_SEVEN_DAYS = "The app at Google is in testing: each of its sign-ins ends after seven days."
_UNUSED = {
    Provider.GMAIL: "Nothing was asked of Google for six months, and a sign-in that is not used ends then.",
    Provider.MICROSOFT: "Nothing was asked of Microsoft for 90 days, and a sign-in that is not used ends then.",
}
_GOOGLE = (
    "The password of the mailbox was changed. Google then ends every sign-in that may read its mail.",
    "The owner of the mailbox took the permission back, in the Google account under third-party access.",
    "An administrator of the organisation removed the app, restricted Gmail for apps, or shortened sessions.",
    "The permission was given for a limited time only, and that is over.",
    "The same person has signed in to this app very often. Google keeps a hundred sign-ins and drops the oldest.",
)
_MICROSOFT = (
    "The password of the mailbox was changed or reset.",
    "An administrator of the organisation ended all sign-ins of this person, or removed the app.",
    "The owner of the mailbox took the permission back, at myapps.microsoft.com.",
)
