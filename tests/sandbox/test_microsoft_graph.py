"""The practice Graph's door: tokens, permissions, faults in the published shape, limits, `/me` and `$batch`."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from nimbus.sandbox.microsoft_errors import GRAPH_ANSWERS
from nimbus.sandbox.world import System
from tests.sandbox.microsoft_client import CLIENT_ID, HOST, Graph, letter, refusal
from tests.servers.processes import wait_until

INBOX = "/me/mailFolders/inbox"


def test_me_has_the_published_shape(graph, microsoft):
    body = graph.get("/me").json()

    assert body["@odata.context"] == f"{microsoft.url}/v1.0/$metadata#users/$entity"
    assert (body["displayName"], body["givenName"], body["surname"]) == ("Mia Example", "Mia", "Example")
    assert body["mail"] == body["userPrincipalName"] == "mia@contoso.example"
    assert {"businessPhones", "jobTitle", "mobilePhone", "officeLocation", "preferredLanguage"} <= body.keys()
    assert body["id"].count("-") == 4


def test_me_returns_what_is_selected(graph):
    body = graph.get("/me", **{"$select": "id,displayName,mail,userPrincipalName"}).json()

    assert body.keys() == {"@odata.context", "id", "displayName", "mail", "userPrincipalName"}


def test_somebodys_mail_can_be_null_and_the_sign_in_name_another(microsoft, world):
    name = "gast_example.com#EXT#@contoso.example"
    facts = {"sign_in_name": name.lower(), "shows_address": False, "has_mailbox": False}
    world.add("gast@example.com", name="Gast", system=System.MICROSOFT, **facts)
    guest = microsoft.graph("gast@example.com")

    assert (guest.get("/me").json()["mail"], guest.get("/me").json()["userPrincipalName"]) == (
        None,
        name.lower(),
    )
    refusal(guest.get(INBOX), 404, "MailboxNotEnabledForRESTAPI")
    refusal(guest.send(letter()), 404, "MailboxNotEnabledForRESTAPI")


def test_what_is_not_served_is_refused_in_graphs_shape(graph):
    refusal(graph.get("/me/calendar"), 404, "ResourceNotFound")
    refusal(graph.call("DELETE", "/me"), 405, "ResourceNotFound")


def test_a_token_that_is_none_is_told_so(microsoft):
    for headers in ({}, {"Authorization": "Basic eA=="}, {"Authorization": "Bearer nothing"}):
        response = requests.get(f"{microsoft.url}/v1.0/me", headers=headers, timeout=10)
        refusal(response, 401, "InvalidAuthenticationToken")


@pytest.mark.parametrize(
    ("missing", "method", "path"),
    [
        ("User.Read", "GET", "/me"),
        ("Mail.Read", "GET", INBOX),
        ("Mail.Read", "GET", "/me/mailFolders"),
        ("Mail.Read", "GET", f"{INBOX}/messages"),
        ("Mail.Read", "GET", f"{INBOX}/messages/delta"),
        ("Mail.Read", "GET", "/me/messages/x"),
        ("Mail.Read", "GET", "/me/messages/x/$value"),
        ("Mail.Send", "POST", "/me/sendMail"),
        ("Mail.Send", "POST", "/me/messages/x/reply"),
        ("Mail.Send", "POST", "/me/messages/x/send"),
        ("Mail.ReadWrite", "PATCH", "/me/messages/x"),
        ("Mail.ReadWrite", "POST", "/me/messages/x/move"),
        ("Mail.ReadWrite", "POST", "/me/messages/x/createReply"),
    ],
)
def test_each_call_wants_its_permission(microsoft, missing, method, path):
    others = {"User.Read", "Mail.Send", "Mail.Read"} - {missing}
    graph = microsoft.graph(scopes=[f"{HOST}{scope}" for scope in others])

    error = refusal(graph.call(method, path), 403, "ErrorAccessDenied")

    assert error["message"] == "Access is denied. Check credentials and try again."


def test_permission_to_change_mail_includes_reading_it(microsoft):
    assert microsoft.graph(scopes=[f"{HOST}Mail.ReadWrite"]).get(INBOX).status_code == 200


def test_one_401_is_followed_by_a_good_answer(graph, mia):
    mia.faults.set("unauthorized_once")

    refusal(graph.get("/me"), 401, "InvalidAuthenticationToken")
    assert graph.get("/me").status_code == 200


def test_expired_access_tokens_leave_refreshing_good(microsoft, mia):
    tokens = microsoft.grants.issue(CLIENT_ID, mia.address, [f"{HOST}User.Read", "offline_access"])
    mia.faults.set("expired")

    graph = Graph(f"{microsoft.url}/v1.0", tokens["access_token"])
    refusal(graph.get("/me"), 401, "InvalidAuthenticationToken")
    fresh = microsoft.refresh(tokens["refresh_token"]).json()["access_token"]
    assert Graph(graph.url, fresh).get("/me").status_code == 200


def test_a_changed_policy_is_a_challenge_with_claims(graph, mia):
    mia.faults.set("policy_block")
    response = graph.get("/me")

    refusal(response, 401, "InvalidAuthenticationToken")
    assert 'claims="' in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("code", ["", *GRAPH_ANSWERS])
def test_every_documented_refusal_can_be_answered(graph, mia, code):
    mia.faults.set("forbidden", times=1, reason=code)
    status, message = GRAPH_ANSWERS[code or "ErrorAccessDenied"]

    assert refusal(graph.get("/me"), status, code or "ErrorAccessDenied")["message"] == message


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "InternalServerError"),
        (502, "UnknownError"),
        (503, "ServiceUnavailable"),
        (504, "ErrorTimeoutExpired"),
    ],
)
def test_a_server_error_has_its_code(graph, mia, status, code):
    mia.faults.set("server_error", status=status)

    refusal(graph.get("/me"), status, code)


@pytest.mark.parametrize("wait", [7, None])
def test_throttling_says_how_long_to_wait_or_nothing(graph, mia, wait):
    mia.faults.set("throttled", retry_after=wait)
    response = graph.get("/me")

    refusal(response, 429, "ApplicationThrottled")
    assert response.headers.get("Retry-After") == (wait and str(wait))


def test_a_wrong_answer_is_not_json(graph, mia):
    mia.faults.set("wrong_json")

    assert graph.get("/me").text.startswith("<!doctype html>")


def test_a_hanging_call_ends_without_an_answer(graph, mia):
    mia.faults.set("hang", seconds=0.05)

    with pytest.raises(requests.ConnectionError):
        graph.get("/me")


def test_where_limits_hold_a_fifth_call_at_once_is_throttled(graph, mia, world):
    mia.faults.set("hang", times=4, seconds=30)
    mia.faults.set("limits")
    with ThreadPoolExecutor(4) as pool:
        hanging = [pool.submit(graph.get, "/me") for _ in range(4)]
        wait_until(lambda: mia.faults.get("hang") is None, within=10, what="four calls that hang")
        response = graph.get("/me")
        world.closing.set()

    assert all(isinstance(call.exception(), requests.ConnectionError) for call in hanging)
    refusal(response, 429, "ApplicationThrottled")
    assert response.headers["Retry-After"] == "3"
    assert graph.get("/me").status_code == 200


def test_where_limits_hold_thirty_sends_a_minute_are_taken(graph, mia, clock):
    mia.faults.set("limits")
    taken = [graph.send(letter()).status_code for _ in range(30)]
    over = graph.send(letter())
    clock.advance(seconds=61)

    assert taken == [202] * 30
    refusal(over, 429, "TooManyRequests")
    assert over.headers["Retry-After"] == "3"
    assert graph.send(letter()).status_code == 202


def test_a_batch_answers_each_of_its_parts(graph, mia, receive):
    receive("Hi")
    mia.faults.set("throttled", times=1, after=1)
    urls = ["/me?$select=mail", "/me", f"{INBOX}/messages?$select=subject", "/me/nothing"]
    parts = [{"id": str(number), "method": "GET", "url": url} for number, url in enumerate(urls)]

    first, second, third, fourth = graph.post("/$batch", {"requests": parts}).json()["responses"]

    assert (first["id"], first["status"], first["body"]["mail"]) == ("0", 200, mia.address)
    assert (second["status"], second["headers"]["Retry-After"]) == (429, "5")
    assert third["body"]["value"][0]["subject"] == "Hi"
    assert fourth["status"] == 404


def test_a_batch_can_change_and_send(writing_graph, mia, receive):
    receive("Hi")
    identity = writing_graph.listed()[0]["id"]
    message = {"subject": "Ho", "toRecipients": [{"emailAddress": {"address": "bert@example.net"}}]}
    parts = [
        {"id": "1", "method": "PATCH", "url": f"/me/messages/{identity}", "body": {"isRead": True}},
        {"id": "2", "method": "POST", "url": "/me/sendMail", "body": {"message": message}},
    ]
    answers = writing_graph.post("/$batch", {"requests": parts}).json()["responses"]

    assert [answer["status"] for answer in answers] == [200, 202]
    assert (answers[0]["body"]["isRead"], "body" in answers[1]) == (True, False)
    assert writing_graph.listed("sentitems")[0]["subject"] == "Ho"


@pytest.mark.parametrize("count", [0, 21])
def test_a_batch_has_one_to_twenty_parts(graph, count):
    parts = [{"id": str(number), "method": "GET", "url": "/me"} for number in range(count)]

    refusal(graph.post("/$batch", {"requests": parts}), 400, "BadRequest")
