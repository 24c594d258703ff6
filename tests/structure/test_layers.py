"""Who may import whom. The arrows of the design, read from the imports themselves."""

import sys
from typing import NamedTuple

import pytest

from tests.structure.sources import ROOT, imported, python_files


class Layer(NamedTuple):
    """What the modules of a layer may import of ours, and what they must not import of others (None: all but ours)."""

    ours: tuple[str, ...]
    refused: tuple[str, ...] | None = ()
    allowed: tuple[str, ...] = ()  # exceptions from `refused`


FOUNDATION = tuple(
    f"nimbus.{name}"
    for name in (
        "after_commit",
        "clock",
        "database",
        "errors",
        "extensions",
        "logs",
        "processes",
        "queue_server",
        "queues",
        "settings",
    )
)
WEB_AND_DATABASE = ("flask", "flask_sqlalchemy", "sqlalchemy", "redis", "rq")
GATE = ("nimbus.security.outbound", "nimbus.security.tls")

# The longest name that a module's own name begins with decides.
LAYERS = {
    "nimbus.rules": Layer(("nimbus.rules",), refused=None),
    "nimbus.models": Layer(("nimbus.models", "nimbus.rules", "nimbus.errors"), ("flask", "redis", "rq")),
    **{
        name: Layer((*GATE, "nimbus.rules", "nimbus.errors", "nimbus.providers.errors"), WEB_AND_DATABASE)
        for name in GATE
    },
    "nimbus.security": Layer(
        ("nimbus.security", "nimbus.models", "nimbus.rules", *FOUNDATION), ("flask",), ("flask.current_app",)
    ),
    "nimbus.providers": Layer(("nimbus.providers", "nimbus.rules", "nimbus.errors", *GATE), WEB_AND_DATABASE),
    "nimbus.services": Layer(
        (
            "nimbus.services",
            "nimbus.models",
            "nimbus.providers",
            "nimbus.rules",
            "nimbus.security",
            *FOUNDATION,
        ),
        ("flask",),
        ("flask.current_app",),
    ),
    "nimbus.web": Layer(
        ("nimbus.web", "nimbus.services", "nimbus.models", "nimbus.rules", "nimbus.security", *FOUNDATION)
    ),
    "jobs": Layer(
        ("jobs", "nimbus.create_app", "nimbus.services", *FOUNDATION), ("flask.request", "flask.session")
    ),
    "nimbus.run": Layer(
        ("nimbus.run", "nimbus.create_app", "nimbus.services", "nimbus.security", *FOUNDATION)
    ),
    "nimbus.sandbox": Layer(("nimbus.sandbox", "nimbus.clock")),
    # Fills a product from outside of it, and so is the one part of the practice world that knows the product.
    "nimbus.sandbox.seed": Layer(
        (
            "nimbus.sandbox",
            "nimbus.create_app",
            "nimbus.services",
            "nimbus.models",
            "nimbus.providers",
            "nimbus.rules",
            "nimbus.security",
            *FOUNDATION,
        )
    ),
    "nimbus.run.demo": Layer(("nimbus.run", "nimbus.sandbox", *FOUNDATION)),
    "nimbus.cli.sandbox": Layer(("nimbus.sandbox", *FOUNDATION)),
    "nimbus.cli": Layer(("nimbus.cli", "nimbus.services", "nimbus.models", "nimbus.security", *FOUNDATION)),
    **{
        name: Layer((*FOUNDATION, "nimbus.models.base"), ("flask.request", "flask.session"))
        for name in FOUNDATION
    },
}
WIRING = ("nimbus.__init__", "nimbus.application")


def layer_of(module):
    return max((name for name in LAYERS if module.startswith(name)), key=len, default=None)


def covered(name, prefixes):
    return any(name == prefix or name.startswith((f"{prefix}.", f"{prefix}_")) for prefix in prefixes)


def is_refused(name, layer):
    if covered(name, ("nimbus", "jobs", "app", "tests")):
        return not covered(name, layer.ours)
    if layer.refused is None:
        return name.partition(".")[0] not in sys.stdlib_module_names
    return covered(name, layer.refused) and not covered(name, layer.allowed)


def violations(root):
    found = []
    for path in python_files("nimbus", "jobs", root=root):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        if module in WIRING:
            continue
        layer = layer_of(module)
        if layer is None:
            found.append(f"{module} is in no layer")
            continue
        found += [
            f"{module} imports {name}" for name in imported(path, root) if is_refused(name, LAYERS[layer])
        ]
    return found


def test_no_module_imports_against_the_arrows():
    assert violations(ROOT) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("nimbus/rules/rotation.py", "import flask"),
        ("nimbus/rules/rotation.py", "def f():\n    from nimbus.models import User"),
        ("nimbus/rules/rotation.py", "from ..services import send_next"),
        ("nimbus/models/user.py", "from nimbus.services import send_next"),
        ("nimbus/models/user.py", "from nimbus import services"),
        ("nimbus/providers/gmail/send.py", "import sqlalchemy as sa"),
        ("nimbus/providers/gmail/send.py", "from nimbus.security.vault import Vault"),
        ("nimbus/security/outbound_socket.py", "from nimbus.models import User"),
        ("nimbus/services/send_next.py", "from flask import request"),
        ("nimbus/services/send_next.py", "import jobs.sends"),
        ("nimbus/web/campaigns.py", "from nimbus.providers.gmail import send"),
        ("nimbus/queues.py", "from jobs import sends"),
        ("jobs/sends.py", "from nimbus.web import campaigns"),
        ("jobs/sends.py", "from nimbus.rules import rotation"),
        ("nimbus/helpers/text.py", "import re"),
    ],
)
def test_a_planted_import_is_found(tmp_path, module, line):
    path = tmp_path / module
    path.parent.mkdir(parents=True)
    path.write_text(line + "\n", encoding="utf-8")

    assert len(violations(tmp_path)) == 1


def test_imports_along_the_arrows_are_let_through(tmp_path):
    for module, line in {
        "nimbus/rules/rotation.py": "import re\nfrom nimbus.rules.cooldown import ends\nfrom .cooldown import begins",
        "nimbus/services/send_next.py": "from flask import current_app\nfrom nimbus import queues",
        "nimbus/providers/gmail/send.py": "from nimbus.security.outbound_socket import GuardedSocket",
        "jobs/sends.py": "from nimbus import create_app\nfrom nimbus.services import send_next",
    }.items():
        (tmp_path / module).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / module).write_text(line + "\n", encoding="utf-8")

    assert violations(tmp_path) == []
