"""What each answer to a sign-in or a refresh means, row by row of the published tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nimbus.rules.oauth_answers import (
    AADSTS,
    GrantEnding,
    TokenRefusal,
    ends_grant,
    numbers_in,
    read_refusal,
    return_ending,
    sentence,
    token_ending,
)
from nimbus.rules.providers import Provider

E = GrantEnding
REAL = {E.REVOKED, E.INTERACTION, E.ADMIN_CONSENT, E.SCOPE_MISSING}
# status, body, what it means for a refresh, what for the exchange of a code
GOOGLE = [
    (400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}, E.REVOKED),
    (400, {"error": "invalid_grant", "error_description": "Bad Request"}, E.REVOKED),
    (400, {"error": "invalid_grant", "error_subtype": "invalid_rapt"}, E.INTERACTION),
    (403, {"error": "invalid_grant", "error_subtype": "rapt_required"}, E.INTERACTION),
    (400, {"error": "redirect_uri_mismatch", "error_description": "Bad Request"}, E.APP_WRONG),
    (401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}, E.APP_WRONG),
    (401, {"error": "invalid_client", "error_description": "Unauthorized"}, E.APP_WRONG),
    (401, {"error": "unauthorized_client"}, E.APP_WRONG),
    (400, {"error": "invalid_request"}, E.APP_WRONG),
    (500, {"error": "invalid_grant"}, E.UNAVAILABLE),
    (503, {}, E.UNAVAILABLE),
]
OF_A_CODE = ["Bad Request", "Malformed auth code.", "Missing code verifier.", "Invalid code verifier."]
MICROSOFT = [
    ("invalid_grant", None, E.REVOKED),
    ("interaction_required", None, E.INTERACTION),
    ("consent_required", None, E.INTERACTION),
    ("login_required", None, E.INTERACTION),
    ("invalid_client", None, E.APP_WRONG),
    ("unauthorized_client", None, E.APP_WRONG),
    ("invalid_request", None, E.APP_WRONG),
    ("invalid_scope", None, E.APP_WRONG),
    ("invalid_resource", None, E.APP_WRONG),
    ("temporarily_unavailable", None, E.UNAVAILABLE),
    ("server_error", None, E.UNAVAILABLE),
    *(("invalid_grant", number, E.INTERACTION) for number in (65001, 50076, 50079, 50074, 50078)),
    *(("invalid_grant", number, E.INTERACTION) for number in (53000, 53001, 53002, 53003, 530035)),
    *(("invalid_grant", number, E.INTERACTION) for number in (50034, 50057, 50126, 70043)),
    *(("invalid_grant", number, E.ADMIN_CONSENT) for number in (90094, 90093, 90008, 50105)),
    *(("invalid_grant", number, E.REVOKED) for number in (50173, 70000, 70008, 700082, 700084)),
    *(("invalid_request", number, E.APP_WRONG) for number in (65005, 650056, 50020, 500208, 50011, 50194)),
    *(("unauthorized_client", number, E.APP_WRONG) for number in (700016,)),
    *(("invalid_client", number, E.APP_WRONG) for number in (7000215, 7000222)),
    ("invalid_scope", 70011, E.APP_WRONG),
    ("invalid_grant", 90033, E.UNAVAILABLE),
    ("invalid_request", 90024, E.UNAVAILABLE),
]
SUBERRORS = {
    "bad_token": E.REVOKED,
    "token_expired": E.REVOKED,
    "client_mismatch": E.REVOKED,
    "protection_policy_required": E.INTERACTION,
    "device_authentication_failed": E.INTERACTION,
    "basic_action": E.INTERACTION,
    "additional_action": E.INTERACTION,
    "message_only": E.INTERACTION,
    "consent_required": E.INTERACTION,
    "user_password_expired": E.INTERACTION,
}


@pytest.mark.parametrize(("status", "body", "ending"), GOOGLE)
def test_an_answer_of_google_to_a_refresh_means_what_its_table_says(status, body, ending):
    assert token_ending(read_refusal(status, body), refreshing=True) == ending


@pytest.mark.parametrize(("error", "number", "ending"), MICROSOFT)
def test_an_answer_of_microsoft_to_a_refresh_means_what_its_table_says(error, number, ending):
    given = {"error": error, "error_codes": [number] if number else []}
    told = {"error": error, "error_description": f"AADSTS{number}: Words.\r\nTrace ID: 11" if number else ""}

    assert token_ending(read_refusal(400, given), refreshing=True) == ending
    assert token_ending(read_refusal(400, told), refreshing=True) == ending


@pytest.mark.parametrize("suberror", SUBERRORS)
def test_a_suberror_says_who_has_to_act(suberror):
    refusal = read_refusal(400, {"error": "invalid_grant", "suberror": suberror})

    assert token_ending(refusal, refreshing=True) == SUBERRORS[suberror]


@pytest.mark.parametrize("words", OF_A_CODE)
def test_a_refused_code_is_a_way_that_is_over_and_nobodys_revocation(words):
    refusal = read_refusal(400, {"error": "invalid_grant", "error_description": words})

    assert token_ending(refusal, refreshing=False) == E.CODE_USED


@pytest.mark.parametrize(
    ("number", "ending"), [(54005, E.CODE_USED), (501481, E.CODE_USED), (50076, E.INTERACTION)]
)
def test_microsofts_number_for_a_code_decides(number, ending):
    refusal = read_refusal(400, {"error": "invalid_grant", "error_codes": [number]})

    assert token_ending(refusal, refreshing=False) == ending


@given(
    st.integers(100, 599),
    st.sampled_from(["", "invalid_client", "server_error", "unauthorized_client", "odd"])
    | st.text(max_size=20),
    st.text(max_size=10),
    st.lists(st.sampled_from(sorted(AADSTS)) | st.integers(), max_size=3),
)
def test_only_a_refusal_of_the_grant_itself_ends_it(status, error, suberror, numbers):
    refusal = TokenRefusal(status, error, "", suberror, tuple(numbers))

    if error not in {"invalid_grant", "interaction_required", "consent_required", "login_required"}:
        assert not ends_grant(token_ending(refusal, refreshing=True))


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_provider_that_is_busy_proves_nothing_whatever_it_says(status):
    refusal = read_refusal(status, {"error": "invalid_grant", "error_codes": [50173]})

    assert token_ending(refusal, refreshing=True) == E.UNAVAILABLE


@pytest.mark.parametrize(
    ("error", "words", "ending"),
    [
        ("access_denied", "", E.DECLINED),
        ("access_denied", "AADSTS65004: User declined to consent to access the app.", E.DECLINED),
        ("access_denied", "AADSTS90094: The grant requires admin permission.", E.ADMIN_CONSENT),
        ("consent_required", "AADSTS90094: The grant requires admin permission.", E.ADMIN_CONSENT),
        ("consent_required", "", E.ADMIN_CONSENT),
        ("admin_policy_enforced", "", E.ADMIN_CONSENT),
        ("interaction_required", "AADSTS50076: Use multi-factor authentication.", E.INTERACTION),
        ("login_required", "", E.INTERACTION),
        ("invalid_request", "AADSTS50011: The redirect URI does not match.", E.APP_WRONG),
        ("unauthorized_client", "AADSTS50194: Not configured as multi-tenant.", E.APP_WRONG),
        ("org_internal", "", E.APP_WRONG),
        ("server_error", "", E.UNAVAILABLE),
        ("temporarily_unavailable", "AADSTS90033: A transient error.", E.UNAVAILABLE),
        ("<script>", "", E.UNAVAILABLE),
    ],
)
def test_what_a_person_came_back_with_says_how_it_went(error, words, ending):
    assert return_ending(error, words) == ending


@pytest.mark.parametrize("odd", [None, 3, ["x"], {"a": 1}, True, "AADSTSx", float("inf")])
def test_an_answer_of_odd_types_is_read_without_a_fault(odd):
    names = ("error", "error_description", "error_codes", "suberror", "trace_id")

    refusal = read_refusal(400, dict.fromkeys(names, odd))

    assert token_ending(refusal, refreshing=True) == E.UNAVAILABLE


def test_the_numbers_that_support_asks_for_are_kept():
    refusal = read_refusal(
        400, {"trace_id": "11-aa", "correlation_id": "22-bb", "error_codes": [50076, True, "1"]}
    )

    assert (refusal.reference, refusal.numbers) == ("11-aa 22-bb", (50076,))
    assert numbers_in("AADSTS50076: one AADSTS70008: two AADSTS1 AADSTS123456789") == (50076, 70008)


def test_exactly_what_a_person_has_to_repair_ends_a_grant():
    assert {ending for ending in GrantEnding if ends_grant(ending)} == REAL


@pytest.mark.parametrize("provider", [Provider.GMAIL, Provider.MICROSOFT])
@pytest.mark.parametrize("ending", GrantEnding)
def test_every_ending_is_said_with_a_next_step(provider, ending):
    said = sentence(ending, provider)

    assert ("Google" in said) == (provider is Provider.GMAIL)
    assert said.count(". ") >= 1
    assert "{" not in said


@pytest.mark.parametrize(
    ("code", "words"),
    [("53003", "conditional access"), ("7000222", "expired"), ("700084", "Web"), ("50105", "assigned")],
)
def test_a_number_that_says_more_is_said_in_its_own_words(code, words):
    assert words in sentence(AADSTS[int(code)], Provider.MICROSOFT, code=code)


@pytest.mark.parametrize("code", ["", "invalid_grant", "99999", "٣"])
def test_a_code_that_says_no_more_changes_nothing(code):
    assert sentence(E.REVOKED, Provider.GMAIL, code=code) == sentence(E.REVOKED, Provider.GMAIL)
