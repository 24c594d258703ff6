"""`warmup_progress` is for the eye: it is written, and shown, and nothing else reads it."""

import ast

import pytest

from tests.structure.sources import ROOT, python_files

NAMES = {"warmup_progress", "shown_progress"}
# Where it is worked out, kept and filled in. Pages read it in templates, which decide nothing.
MAY = (
    "nimbus/rules/warmup_progress.py",
    "nimbus/models/email_account.py",
    "nimbus/services/review_inboxes.py",
)


def readings(root=ROOT):
    """Every mention in code that is more than setting it: an attribute read, a name, or its name as a string."""
    found = []
    for path in python_files("nimbus", "jobs", root=root):
        where, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        if where not in MAY and any(name in text for name in NAMES):
            found += [f"{where}:{node.lineno}" for node in ast.walk(ast.parse(text)) if reads(node)]
    return found


def reads(node):
    if isinstance(node, ast.Attribute):
        return node.attr in NAMES and not isinstance(node.ctx, ast.Store)
    if isinstance(node, ast.Name):
        return node.id in NAMES and not isinstance(node.ctx, ast.Store)
    return isinstance(node, ast.Constant) and node.value in NAMES


@pytest.mark.claim("C29", partly=True)
def test_nothing_that_decides_reads_the_warmup_progress():
    assert readings() == []


@pytest.mark.parametrize(
    "line",
    [
        "if account.warmup_progress > 50: send()",
        "query.order_by(Account.warmup_progress)",
        'getattr(account, "warmup_progress")',
        'row.c["warmup_progress"]',
        "stage = shown_progress(600) // 20",
    ],
)
def test_a_planted_reading_is_found(tmp_path, line):
    (tmp_path / "nimbus").mkdir()
    (tmp_path / "nimbus" / "planted.py").write_text(line, encoding="utf-8")

    assert readings(tmp_path)


def test_writing_it_is_no_reading(tmp_path):
    (tmp_path / "nimbus").mkdir()
    (tmp_path / "nimbus" / "planted.py").write_text("account.warmup_progress = 3", encoding="utf-8")

    assert readings(tmp_path) == []
