"""Gmail's interface for programs: where its calls are, and how it says that something is wrong."""

from nimbus.providers.api import Interface
from nimbus.providers.contract import Hosts
from nimbus.providers.http import Answer
from nimbus.rules import gmail_answers
from nimbus.rules.api_answers import ApiError


def url(hosts: Hosts, path: str, *, upload: bool = False) -> str:
    """The address of a call about the mailbox that the token opens."""
    return f"{hosts.gmail_api_base}{'/upload' if upload else ''}/gmail/v1/users/me/{path}"


def _read_error(answer: Answer) -> ApiError:
    return gmail_answers.read_error(
        answer.status, answer.object() or {}, wait=answer.headers.get("retry-after", "")
    )


GMAIL = Interface(_read_error, gmail_answers.kind_of, gmail_answers.refusal_of)
