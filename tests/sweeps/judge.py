"""What every answer must keep to, whatever was asked: no failure, no word of the database, nothing that was sent as markup."""

import re
from urllib.parse import urlsplit

from werkzeug.test import TestResponse

from tests.browse import Page

# Every header that an answer may have; one more would be one that somebody planted.
EXPECTED = {
    *(
        "Allow",
        "Cache-Control",
        "Clear-Site-Data",
        "Content-Disposition",
        "Content-Encoding",
        "Content-Length",
    ),
    *("Content-Security-Policy", "Content-Type", "Cross-Origin-Opener-Policy", "HX-Redirect", "Location"),
    *("Permissions-Policy", "Referrer-Policy", "Retry-After", "Set-Cookie", "Vary", "X-Content-Type-Options"),
    *("X-Frame-Options",),
}
NOBODY = "http://127.0.0.1:1"  # no server listens there: what is sent there is refused at once
# Where Google and Microsoft are for a sweep.
PROVIDERS = {
    "GOOGLE_AUTH_URL": f"{NOBODY}/google",
    "MS_LOGIN_BASE": f"{NOBODY}/microsoft",
    **dict.fromkeys(("GOOGLE_TOKEN_URL", "GOOGLE_REVOKE_URL", "GOOGLE_USERINFO_URL"), NOBODY),
    **dict.fromkeys(("GMAIL_API_BASE", "MS_GRAPH_BASE"), NOBODY),
}
# The only ways off this site, each to the sign-in page of its provider.
WAYS_OFF = {
    "/email-accounts/connect/gmail/leave": f"{NOBODY}/google?",
    "/email-accounts/connect/microsoft/leave": f"{NOBODY}/microsoft/",
}
DATABASE = re.compile(
    r"sqlite3\.|psycopg|SQLSTATE|sqlalchemy\.exc|sqlalche\.me|syntax error at or near|near \".*\": syntax error|Traceback \(most",
    re.IGNORECASE,
)
URLS = {"href", "src", "action", "formaction", "hx-get", "hx-post", "hx-put", "hx-delete"}


def judge(answer: TestResponse, mark: str) -> list[str]:
    """What is wrong with an answer; `mark` stands in markup that was sent."""
    text = answer.get_data(as_text=True)
    faults = [f"status {answer.status_code}"] if answer.status_code >= 500 else []
    faults += [f"header {name}" for name in set(answer.headers.keys()) - EXPECTED]
    faults += [
        f"{name} carries what was sent"
        for name, value in answer.headers.items()
        if mark in value and name not in {"Location", "HX-Redirect", "Set-Cookie"}
    ]
    faults += [f"leads to {url}" for url in leads_away(answer)]
    faults += [f"tells “{found[0]}”" for found in [DATABASE.search(text)] if found]
    is_page = answer.mimetype == "text/html" and not answer.location
    return faults + (_markup(text, mark) if is_page else [])


def leads_away(answer: TestResponse) -> list[str]:
    """Where an answer leads that is neither on this site nor the sign-in page that the link promised."""
    there = WAYS_OFF.get(answer.request.path)
    leads = (answer.headers.get("Location"), answer.headers.get("HX-Redirect"))
    return [url for url in leads if not (_own(url) or (there and url.startswith(there)))]


def _markup(text: str, mark: str) -> list[str]:
    """What a browser would make of a page, where it is more than ours."""
    page = Page(text)
    faults = list(page.faults)
    for tag, attrs in page.tags:
        odd = mark in tag or any(mark in name or name.startswith("on") or name == "style" for name in attrs)
        faults += [f"<{tag} {sorted(attrs)}>"] if odd or tag in {"base", "object", "embed"} else []
        faults += [f"<{tag} {attrs}>"] if tag == "iframe" and not _is_caged(attrs) else []
        faults += (
            [f"inline <{tag}>"] if tag == "script" and not attrs.get("src", "").startswith("/assets/") else []
        )
        faults += [f"{name}={attrs[name]}" for name in URLS & attrs.keys() if not _own(attrs[name], tag=tag)]
    return faults


def _is_caged(attrs: dict[str, str]) -> bool:
    """Whether a frame is one for other people's HTML, in which nothing acts."""
    acts = {"allow-scripts", "allow-same-origin", "allow-forms", "allow-top-navigation"}
    is_sandbox = "sandbox" in attrs and not acts & set(attrs["sandbox"].split())
    return (
        is_sandbox
        and "srcdoc" not in attrs
        and re.match(r"/replies/messages/\d+/html", attrs["src"]) is not None
    )


def _own(url: str | None, *, tag: str = "") -> bool:
    """Whether an address stays on this site; links of the help pages may lead to others, over https."""
    if not url:
        return True
    parts = urlsplit(url)
    if tag == "a" and parts.scheme == "https":
        return True
    return not parts.scheme and not parts.netloc and not url.startswith(("//", "/\\", "\\"))
