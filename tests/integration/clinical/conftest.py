"""A visit that has arrived, its lot and its consent form, driven over HTTP."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from operational.models import Service
from tests.factories.booking import add_shift, next_weekday
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database, Servers


@dataclass
class Clinic:
    """A practice with an arrived visit that asks for consent and a treatment record."""

    made: OrganizationSetUp
    http: TestClient
    item_id: str
    appointment_id: str
    template_id: str
    version_id: str
    lot_id: str

    @property
    def client_id(self) -> uuid.UUID:
        return self.made.clients[0]

    def call(self, method: str, path: str, body: Any = None, expect: int = 200, **headers: str) -> Any:
        answer = self.http.request(
            method,
            "/v1" + path,
            json=body,
            headers=self.made.headers | {k.replace("_", "-"): v for k, v in headers.items()},
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    def sign_consent(self, expect: int = 201, **changes: Any) -> Any:
        shown = self.call("GET", f"/clients/{self.client_id}/consents/to-sign/{self.template_id}")
        body = {
            "template_version_id": shown["template_version_id"],
            "rendered_sha256": shown["rendered_sha256"],
            "disclosure_accepted_at": clock.now().isoformat(),
            "signer_name": "Ada Example",
            "method": "typed",
            "signature": "Ada Example",
            "appointment_id": self.appointment_id,
        }
        return self.call("POST", f"/clients/{self.client_id}/consents", body | changes, expect)

    def treatment(self, **changes: Any) -> dict[str, Any]:
        return {
            "appointment_item_id": self.item_id,
            "intent": "full",
            "product_id": str(self.made.product_id),
            "lot_id": self.lot_id,
            "quantity_milli": 40_000,
            "area": "upper_face",
            "sites": [
                {"site": "glabella", "quantity_milli": 20_000},
                {"site": "forehead", "quantity_milli": 20_000},
            ],
            **changes,
        }


@dataclass
class Arrived:
    """A visit that has arrived, as every test finds it: the clinic, the files it keeps, the time."""

    clinic: Clinic
    settings: Settings
    starts_at: datetime


@pytest.fixture(scope="module")
def arrived(operational_module: Database, tmp_path_factory: pytest.TempPathFactory) -> Arrived:
    """Set up once in the database of the file, which the tests take copies of."""
    starts_at = next_weekday()
    home = tmp_path_factory.mktemp("clinic") / "var"
    home.mkdir(mode=0o711)
    settings = Settings(home=home, mode="demo", operational=operational_module.dsns)
    made = organization(operational_module)
    add_shift(made, starts_at - timedelta(hours=1), starts_at + timedelta(hours=7))
    with client_of(settings) as http:
        clinic = Clinic(made, http, "", "", "", "", "")
        _arrive(clinic, starts_at)
    return Arrived(clinic, settings, starts_at)


def _arrive(clinic: Clinic, starts_at: datetime) -> None:
    made = clinic.made
    template = clinic.call("POST", "/consent-templates", {"name": "Treatment consent"}, 201)
    clinic.template_id = template["id"]
    version = clinic.call(
        "POST",
        f"/consent-templates/{clinic.template_id}/versions",
        {"body": "I was told of the risks.", "disclosure": "You may ask for paper."},
        201,
    )
    clinic.version_id = version["id"]
    with made.database.session("owner") as session:
        service = session.get(Service, (made.org_id, made.service_id))
        assert service is not None
        service.consent_template_id = uuid.UUID(clinic.template_id)
        service.needs_treatment_record = True
    with clock.frozen(starts_at):
        booked = clinic.call(
            "POST",
            "/appointments",
            {
                "client_id": str(clinic.client_id),
                "location_id": str(made.location_id),
                "starts_at": starts_at.isoformat(),
                "items": [{"service_id": str(made.service_id)}],
            },
            201,
        )
        clinic.appointment_id, clinic.item_id = booked["id"], booked["items"][0]["id"]
        clinic.call("POST", f"/appointments/{clinic.appointment_id}/arrive", {})
        lot = clinic.call(
            "POST",
            "/lots",
            {
                "product_id": str(made.product_id),
                "location_id": str(made.location_id),
                "lot_number": "C7654",
                "expires_on": starts_at.date().isoformat(),
                "quantity_milli": 100_000,
            },
            201,
        )
        clinic.lot_id = lot["id"]


@pytest.fixture
def clinic(servers: Servers, arrived: Arrived, tmp_path: Path) -> Iterator[Clinic]:
    home = tmp_path / "var"
    shutil.copytree(arrived.settings.home, home)
    with servers.copy("operational", arrived.clinic.made.database) as database:
        settings = arrived.settings.model_copy(update={"home": home, "operational": database.dsns})
        made = replace(arrived.clinic.made, database=database, clients=[*arrived.clinic.made.clients])
        with client_of(settings) as http, clock.frozen(arrived.starts_at):
            yield replace(arrived.clinic, made=made, http=http)
