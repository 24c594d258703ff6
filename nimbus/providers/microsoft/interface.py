"""Microsoft Graph: where its calls are, and how it says that something is wrong."""

from nimbus.providers.api import Interface
from nimbus.providers.contract import Hosts
from nimbus.providers.http import Answer
from nimbus.rules import graph_answers
from nimbus.rules.api_answers import ApiError

# Ids stay what they are when a message is moved (`providers.md` 2.5); to be asked for with every call.
KEPT_IDS = {"Prefer": 'IdType="ImmutableId"'}


def url(hosts: Hosts, path: str) -> str:
    """The address of a call about the person whom the token belongs to."""
    return f"{hosts.ms_graph_base}/me{path}"


def _read_error(answer: Answer) -> ApiError:
    return graph_answers.read_error(
        answer.status,
        answer.object() or {},
        wait=answer.headers.get("retry-after", ""),
        challenge=answer.headers.get("www-authenticate", ""),
    )


GRAPH = Interface(_read_error, graph_answers.kind_of, graph_answers.refusal_of)
