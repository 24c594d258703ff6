"""Words that must not appear, each with the place where it may."""

import re

import pytest

from tests.structure.sources import ROOT, python_files

GATE = ("nimbus/security/outbound", "nimbus/security/tls")
MAIL = ("nimbus/providers/smtp_imap/smtp.py", "nimbus/providers/smtp_imap/imap.py", "nimbus/sandbox/mail")
CODE = {
    # word: (pattern, where it may stand, why)
    "Query.get": (r"\.query\.get\(", (), "reads past the workspace"),
    "debug output": (r"set_debuglevel", (), "prints passwords"),
    "an SSL context": (
        r"create_default_context|SSLContext\(|_create_\w+_context",
        ("nimbus/security/tls", "nimbus/sandbox/certificate"),
        "one place decides",
    ),
    "a raw connection": (r"socket\.create_connection|\.connect_ex\(", GATE, "every socket passes the gate"),
    "smtplib": (r"smtplib\.SMTP(_SSL)?\(|\bSMTP(_SSL)?\(", MAIL, "verification is off by default there"),
    "imaplib": (r"\bIMAPClient\(|\bIMAP4(_SSL)?\(", MAIL, "lets line ends through to the server"),
    "pickle": (r"\bpickle\b", (), "what comes from the queue must not become code"),
    "a machine's clock": (r"datetime\.(now|utcnow|today)\(", ("nimbus/clock.py",), "there is one clock"),
}
PATHS = re.compile("|".join(rf"(?<![\w.~]){path}/" for path in ("/wo" + "rk", "/ro" + "ot", "/home/[a-z]+")))
TEXT = {".py", ".html", ".txt", ".md", ".css", ".js", ".toml", ".ini", ".mako", ".svg", ""}
SKIPPED = {".git", ".venv", "data", "keys", "build", "vendor", "__pycache__"}


def offenders(pattern, allowed=(), folders=("nimbus", "jobs"), root=ROOT):
    return [
        f"{path.relative_to(root)}: {line.strip()}"
        for path in python_files(*folders, root=root)
        if not str(path.relative_to(root)).startswith(allowed or "\0")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(pattern, line)
    ]


@pytest.mark.parametrize("word", CODE)
def test_the_product_says_it_only_where_it_may(word):
    pattern, allowed, why = CODE[word]

    assert offenders(pattern, allowed) == [], why


@pytest.mark.parametrize(
    "line",
    [
        "user = User.query.get(3)",
        "smtp.set_debuglevel(1)",
        "context = ssl.create_default_context()",
        "socket.create_connection((host, port))",
        "with smtplib.SMTP_SSL(host) as smtp:",
        "client = IMAPClient(host)",
        "import pickle",
        "started = datetime.now(UTC)",
    ],
)
def test_a_planted_word_is_found(tmp_path, line):
    (tmp_path / "nimbus").mkdir()
    (tmp_path / "nimbus" / "planted.py").write_text(line, encoding="utf-8")

    assert [word for word, (pattern, *_) in CODE.items() if offenders(pattern, root=tmp_path)]


def test_no_file_names_a_path_of_somebodys_machine():
    named = []
    for path in ROOT.rglob("*"):
        if path.suffix not in TEXT or SKIPPED & set(path.relative_to(ROOT).parts) or not path.is_file():
            continue
        if path.relative_to(ROOT).parts[0].startswith(".") and path.name != "run":
            continue
        if PATHS.search(path.read_text(encoding="utf-8")):
            named.append(str(path.relative_to(ROOT)))

    assert named == []
