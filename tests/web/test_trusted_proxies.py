"""Whose address counts: of the browser, or of the proxy in front."""

import re

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import AuditEvent

FORWARDED = "203.0.113.9, 198.51.100.7"  # what a browser claims, and what the one proxy in front saw


@pytest.fixture
def environ(request):
    return {"NIMBUS_TRUSTED_PROXIES": request.param}


@pytest.mark.parametrize(
    ("environ", "address"),
    [("0", "127.0.0.1"), ("1", "198.51.100.7"), ("2", "203.0.113.9")],
    indirect=["environ"],
)
def test_address_is_the_one_that_the_outermost_trusted_proxy_was_asked_from(app, cast, address):
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)[1]
    form = {"csrf_token": token, "email": cast.alice.email, "password": "a wrong password"}

    client.post("/login", data=form, headers={"X-Forwarded-For": FORWARDED})

    with app.app_context():
        assert db.session.scalars(sa.select(AuditEvent.address)).all() == [address]
