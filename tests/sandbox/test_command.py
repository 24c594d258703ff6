"""`flask sandbox` as a person runs it: it starts without a database, says what a product needs, and stops."""

import requests

from nimbus.settings import load_settings
from tests.servers.sandbox import running_sandbox


def test_the_command_prints_settings_that_a_product_takes_and_ends_on_ctrl_c(tmp_path):
    with running_sandbox("http://127.0.0.1:8123") as sandbox:
        settings = load_settings(sandbox.environ | {"NIMBUS_DATA_DIR": str(tmp_path)})
        world = sandbox.world()
        sandbox.post("/clock", seconds=60)
        ahead = settings.clock_file.read_text()
        page = requests.get(settings.notice.url, timeout=10).text

    assert float(ahead) == 60
    assert "Practice world" in page
    assert {box["system"] for box in world["mailboxes"]} == {"google", "microsoft", "mail"}
    assert {app["client_id"] for app in world["apps"]} == {
        settings.google_client_id,
        settings.microsoft_client_id,
    }
    assert not settings.ca_file.exists()
