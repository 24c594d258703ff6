"""What came of a sign-in at a provider, as its page shows it: a title, sentences, and what to do next."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, OAuthAttempt
from nimbus.models.account_queries import count_on_domain, find_account_by_email
from nimbus.rules.oauth import OAuthPurpose, in_words
from nimbus.rules.oauth_answers import GrantEnding, sentence
from nimbus.rules.providers import COMPANIES, Provider
from nimbus.services.connect_oauth import GOOD, Outcome
from nimbus.services.oauth_attempts import GIVEN_UP_AFTER, admin_link
from nimbus.web.access import workspace_id

PATHS = {Provider.GMAIL: "gmail", Provider.MICROSOFT: "microsoft"}
PROVIDERS = {path: provider for provider, path in PATHS.items()}
WHO = {company.lower(): provider for provider, company in COMPANIES.items()}
TITLES = {Provider.GMAIL: "Gmail and Google Workspace", Provider.MICROSOFT: "Microsoft 365"}
# What an inbox cannot do without a permission.
_WITHOUT = {
    "send mail": "Nothing could leave this inbox without it.",
    "read mail": "Replies could not be found without it.",
    "see your name": "Its mails would carry no name without it.",
    "see who you are": "Nobody could tell which mailbox it is without it.",
    "mark mail as read and move it": "Mail stays as it is without it.",
}
_HEADINGS: dict[str, str] = {
    Outcome.CONNECTED: "Connected",
    Outcome.RECONNECTED: "Connected again",
    Outcome.ENGAGED: "Allowed",
    Outcome.MISSING: "{name} did not grant: {missing}",
    Outcome.WRONG_ACCOUNT: "Another address came back",
    Outcome.CONNECTED_ELSEWHERE: "Connected by another path already",
    Outcome.NO_ROOM: "No room for another inbox",
    GrantEnding.DECLINED: "Nothing was allowed",
    GrantEnding.ADMIN_CONSENT: "Needs admin approval",
    GrantEnding.CODE_USED: "This sign-in is over",
    GrantEnding.APP_WRONG: "The sign-in app is not accepted",
    GrantEnding.NO_MAILBOX: "There is no mailbox",
    GrantEnding.UNAVAILABLE: "{name} did not answer",
    GrantEnding.SCOPE_MISSING: "{name} did not grant everything",
    GrantEnding.INTERACTION: "{name} asks for more",
    GrantEnding.REVOKED: "{name} took it back",
}
_SENTENCES: dict[str, str] = {
    Outcome.RECONNECTED: "{email} is signed in again. Its history, its counters and its limits are as they were.",
    Outcome.ENGAGED: "{email} is signed in, and NimbusOS may mark its mail as read and move it.",
    Outcome.CONNECTED_ELSEWHERE: (
        "{email} is connected by another path. Remove it there first to sign in with {name}; its history stays."
    ),
    Outcome.NO_ROOM: "{sentence}",
    Outcome.WRONG_ACCOUNT: "Signing in again is for the same mailbox only.",
}


def provider_name(provider: Provider) -> str:
    """The company that people sign in at."""
    return COMPANIES[provider]


@dataclass(frozen=True, slots=True)
class Link:
    """A way on from the page."""

    label: str
    url: str
    kind: str = ""


class ReturnView:
    """The page of one attempt."""

    def __init__(self, attempt: OAuthAttempt) -> None:
        self.provider = Provider(attempt.provider)
        self.name = COMPANIES[self.provider]
        self.is_new = attempt.purpose == OAuthPurpose.CONNECT
        self.is_under_way = attempt.outcome is None and now() - attempt.returned_at < GIVEN_UP_AFTER
        self.outcome = attempt.outcome or ""
        self.is_good = self.outcome in GOOD
        self.tone = "ok" if self.is_good else "info" if self.is_under_way else "bad"
        self.icon = {"ok": "circle-check", "info": "loader-circle", "bad": "circle-alert"}[self.tone]
        self.said = str(attempt.detail.get("line", ""))
        self.reference = str(attempt.detail.get("reference", ""))
        self._detail: dict[str, Any] = attempt.detail
        self._account_id = attempt.account_id
        self._purpose = attempt.purpose

    @property
    def title(self) -> str:
        """What came of it, in a few words."""
        if self.is_under_way:
            return f"{self.name} is being asked"
        heading = _HEADINGS.get(self.outcome, "This sign-in was interrupted")
        return heading.format(name=self.name, missing=in_words(self._detail.get("missing", ())))

    @property
    def sentences(self) -> list[str]:
        """What happened, in the order it is read. That nothing was saved is said by the page itself."""
        if self.outcome == Outcome.CONNECTED:
            return [_linked(str(self._detail["email"]))]
        if self.outcome == Outcome.MISSING:
            return [_WITHOUT[in_words([scope])] for scope in self._detail["missing"]]
        if self.outcome in _SENTENCES:
            return [_SENTENCES[self.outcome].format_map({"name": self.name} | self._detail)]
        if self.outcome:
            code = str(self._detail.get("code", ""))
            return [sentence(GrantEnding(self.outcome), self.provider, code=code)]
        if self.is_under_way:
            return ["This takes some seconds at most."]
        return ["Nobody works on it any more. Start again."]

    @property
    def expected(self) -> dict[str, str] | None:
        """The address that was to be repaired and the one that signed in, where these are not the same."""
        return self._detail if self.outcome == Outcome.WRONG_ACCOUNT else None

    @property
    def admin_url(self) -> str | None:
        """The link that an administrator opens, where one has to."""
        return admin_link(workspace_id()) if self.outcome == GrantEnding.ADMIN_CONSENT else None

    @property
    def links(self) -> list[Link]:
        """What can be done next, the likeliest first."""
        account = self._account_id and url_for("email_accounts.show", account_id=self._account_id)
        if self.is_good and account:
            another = [Link("Connect another", url_for("connect.new"))] if self.is_new else []
            return [Link("Open account", account, "primary"), *another]
        if self.outcome == Outcome.CONNECTED_ELSEWHERE and account:
            return [Link("Open account", account, "primary"), Link("Back", url_for("connect.new"), "quiet")]
        if self.is_under_way:
            return [Link("Look again", "", "primary")]
        back = account or url_for("connect.new")
        if self.outcome == Outcome.NO_ROOM:
            return [Link("Back", back)]
        return [Link(self._again, self._again_url, "primary"), Link("Cancel", back, "quiet")]

    @property
    def _again(self) -> str:
        if self.outcome == Outcome.MISSING:
            return "Ask again"
        if self.expected:
            return f"Sign in as {self.expected['expected']}"
        return f"Continue to {self.name}"

    @property
    def _again_url(self) -> str:
        return leave_url(
            self.provider,
            None if self.is_new else self._account_id,
            engage=self._purpose == OAuthPurpose.ENGAGE,
        )


def leave_url(provider: Provider, account_id: int | None = None, *, engage: bool = False) -> str:
    """The link that leads to the provider; following it changes nothing here."""
    wish = "yes" if engage else None
    return url_for("connect_oauth.leave", path=PATHS[provider], account=account_id, engage=wish)


def _linked(email: str) -> str:
    account: EmailAccountHealth | None = find_account_by_email(db.session(), workspace_id(), email)
    if account is None:
        return f"{email} was removed since."
    others = count_on_domain(db.session(), workspace_id(), account.domain_id) - 1
    company = f" ({others} other inbox{'es' if others > 1 else ''})" if others else ""
    return (
        f"{email} is linked to domain {email.rpartition('@')[2]}{company}. "
        f"Stage {account.current_stage}, {account.daily_send_limit} mails a day."
    )
