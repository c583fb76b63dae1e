"""A visit that has arrived, its lot and its consent form, driven over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from operational.models import Service
from tests.factories.booking import add_shift, next_weekday
from tests.factories.organization import OrganizationSetUp, organization
from tests.support.api import client_of
from tests.support.databases import Database


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


@pytest.fixture
def visit_start() -> datetime:
    return next_weekday()


@pytest.fixture
def clinic(
    operational: Database, make_settings: Callable[..., Settings], visit_start: datetime
) -> Iterator[Clinic]:
    made = organization(operational)
    add_shift(made, visit_start - timedelta(hours=1), visit_start + timedelta(hours=7))
    with client_of(make_settings(operational)) as http:
        clinic = Clinic(made, http, "", "", "", "", "")
        template = clinic.call("POST", "/consent-templates", {"name": "Treatment consent"}, 201)
        clinic.template_id = template["id"]
        version = clinic.call(
            "POST",
            f"/consent-templates/{clinic.template_id}/versions",
            {"body": "I was told of the risks.", "disclosure": "You may ask for paper."},
            201,
        )
        clinic.version_id = version["id"]
        with operational.session("owner") as session:
            service = session.get(Service, (made.org_id, made.service_id))
            assert service is not None
            service.consent_template_id = uuid.UUID(clinic.template_id)
            service.needs_treatment_record = True
        with clock.frozen(visit_start):
            booked = clinic.call(
                "POST",
                "/appointments",
                {
                    "client_id": str(clinic.client_id),
                    "location_id": str(made.location_id),
                    "starts_at": visit_start.isoformat(),
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
                    "expires_on": visit_start.date().isoformat(),
                    "quantity_milli": 100_000,
                },
                201,
            )
            clinic.lot_id = lot["id"]
            yield clinic
