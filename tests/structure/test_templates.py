"""What a template may hold: pages work under a policy without inline code."""

import re

import pytest

from tests.structure.sources import ROOT

TEMPLATES = sorted(
    path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.*")
)
ALLOWED_HTMX = {
    "hx-get", "hx-post", "hx-target", "hx-swap", "hx-trigger", "hx-sync", "hx-push-url", "hx-replace-url",
    "hx-indicator", "hx-disable", "hx-include", "hx-preserve", "hx-confirm", "hx-headers:inherited",
}  # fmt: skip
BANNED = {
    "an inline script": r"<script(?![^>]*\ssrc=)",
    "an inline style": r"<style\b|\sstyle\s*=",
    "an inline handler": r"\son[a-z]+\s*=",
    "code in an attribute": r"['\"]js:|\bjavascript:",
    "unescaped output": r"\|\s*safe\b|\{%-?\s*autoescape\s+false",
    "a trigger that needs eval": r"hx-trigger\s*=\s*(['\"])[^'\"]*\[",
}


def problems(text):
    found = [name for name, pattern in BANNED.items() if re.search(pattern, text, re.IGNORECASE)]
    used = set(re.findall(r"\b(hx-[a-z-]+(?::[\w*]+)?)", text))
    return found + sorted(
        name for name in used if name not in ALLOWED_HTMX and not name.startswith("hx-status:")
    )


def source(name):
    # What stands in a comment of the template never reaches a browser.
    return re.sub(r"\{#.*?#\}", "", (ROOT / "templates" / name).read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_compiles_and_holds_nothing_that_is_banned(app, name):
    app.jinja_env.get_template(name)

    assert problems(source(name)) == []


@pytest.mark.parametrize(
    "planted",
    [
        "<script>alert(1)</script>",
        '<p style="color:red">',
        '<button onclick="go()">',
        '<div hx-on:click="go()">',
        "<div hx-vals='js:{a: b}'>",
        '<div hx-boost="true">',
        '<div hx-trigger="click[ctrlKey]">',
        "{{ body|safe }}",
        "{{ body | safe }}",
        '<a href="javascript:go()">',
    ],
)
def test_what_is_banned_is_found(planted):
    assert problems(planted)


def test_what_is_allowed_is_let_through():
    assert (
        problems(
            '<script src="/a.js" defer></script><div hx-get="/x" hx-trigger="every 1s" hx-status:5xx="none">'
        )
        == []
    )
