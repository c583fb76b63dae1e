"""The steps of a visit, each by the role that does it: desk, nurse, manager."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from medspa.local.demo.practice import CURRENCY, Practice

DENOMINATIONS = (10_000, 5_000, 2_000, 1_000, 500, 100, 25, 10, 5, 1)


@dataclass
class Visit:
    """A booked visit and what became of it."""

    client_id: str
    place: str
    appointment_id: str
    item_id: str
    record_id: str | None = None


class Day:
    """A working day at one location."""

    def __init__(self, practice: Practice, code: str, date: dt.date) -> None:
        self.practice, self.code, self.date = practice, code, date
        self.place = practice.places[code]
        self.session = ""

    def plan(self) -> Day:
        """The nurse's shift of the day."""
        clock = self.practice.clock
        self.practice.manager.post(
            "/v1/shifts",
            {
                "staff_id": self.practice.staff["Nurse"],
                "location_id": self.place,
                "starts_at": clock.instant(self.date, self.hours[0]).isoformat(),
                "ends_at": clock.instant(self.date, self.hours[1]).isoformat(),
            },
        )
        return self

    def open(self, float_minor: int) -> Day:
        """Open the drawer: the first float comes from the bank, later ones lie in the drawer already."""
        front = self.practice.front
        seen = front.get("/v1/drawer-sessions", location_id=self.place, limit=1)["items"]
        body: dict[str, Any] = {"opening_float_minor": float_minor}
        if not seen:
            body["float_source"] = "bank"
        self.session = front.post(f"/v1/drawers/{self.practice.drawers[self.code]}/sessions", body)["id"]
        return self

    @property
    def hours(self) -> tuple[str, str]:
        """The nurse works at the north studio in the morning and at the south studio afterwards."""
        return ("08:30", "13:30") if self.code == "NORTH" else ("14:00", "19:00")

    def close(self, counted_minor: int, float_left_minor: int) -> dict[str, Any]:
        """Count the drawer blind and close the day."""
        self.practice.clock.at(self.date, "19:45")
        self.practice.front.post(
            f"/v1/drawer-sessions/{self.session}/count",
            {"pieces": pieces(counted_minor), "float_left_minor": float_left_minor},
        )
        self.practice.clock.at(self.date, "19:50")
        closed: dict[str, Any] = self.practice.manager.post(
            f"/v1/locations/{self.place}/days/{self.date.isoformat()}/close"
        )
        return closed


def pieces(amount_minor: int) -> list[dict[str, int]]:
    """Notes and coins that make an amount, the largest first."""
    counted = []
    for denomination in DENOMINATIONS:
        number, amount_minor = divmod(amount_minor, denomination)
        if number:
            counted.append({"denomination_minor": denomination, "pieces": number})
    return counted


def book(day: Day, client_id: str, service: str, wall: str, **extra: Any) -> Visit:
    """A visit on the day; the nurse, a room and what else it needs are found by the system."""
    practice = day.practice
    made = practice.front.post(
        "/v1/appointments",
        {
            "client_id": client_id,
            "location_id": day.place,
            "starts_at": practice.clock.instant(day.date, wall).isoformat(),
            "items": [{"service_id": practice.services[service]}],
            **extra,
        },
    )
    return Visit(client_id, day.place, made["id"], made["items"][0]["id"])


def treat(
    day: Day, visit: Visit, wall: str, product: str | None, quantity_milli: int = 0, intent: str = "full"
) -> None:
    """The client comes, signs, is treated and charted, and the visit is completed."""
    practice = day.practice
    practice.clock.at(day.date, wall)
    practice.front.post(f"/v1/appointments/{visit.appointment_id}/arrive")
    _sign(practice, visit)
    record: dict[str, Any] = {"appointment_item_id": visit.item_id, "intent": intent}
    if product is not None:
        record |= {
            "product_id": practice.products[product],
            "lot_id": practice.lots[day.code, product],
            "quantity_milli": quantity_milli,
            "area": "upper_face" if product != "Lip filler" else "lips",
        }
    made = practice.nurse.post("/v1/treatment-records", record)
    path = f"/v1/treatment-records/{made['id']}"
    practice.nurse.call("POST", f"{path}/sign", {}, if_match=f'"{made["version"]}"')
    note = practice.nurse.post(
        f"/v1/clients/{visit.client_id}/notes",
        {"appointment_id": visit.appointment_id, "body": "Treated as planned, no complaints."},
    )
    practice.nurse.call("POST", f"/v1/notes/{note['id']}/sign", {}, if_match=f'"{note["version"]}"')
    visit.record_id = made["id"]
    practice.front.post(f"/v1/appointments/{visit.appointment_id}/complete")


def _sign(practice: Practice, visit: Visit) -> None:
    status = practice.front.get(f"/v1/clients/{visit.client_id}/consents/status")["items"]
    if all(one["status"] == "valid" for one in status):
        return
    shown = practice.front.get(f"/v1/clients/{visit.client_id}/consents/to-sign/{practice.consent}")
    practice.front.post(
        f"/v1/clients/{visit.client_id}/consents",
        {
            "template_version_id": shown["template_version_id"],
            "rendered_sha256": shown["rendered_sha256"],
            "disclosure_accepted_at": practice.clock().isoformat(),
            "signer_name": "As on file",
            "method": "typed",
            "signature": "As on file",
            "appointment_id": visit.appointment_id,
        },
    )


def invoice(day: Day, client_id: str, visit: Visit | None = None, **extra: Any) -> dict[str, Any]:
    """An invoice of a visit's items, of goods, or both. Quantities come from the chart."""
    body: dict[str, Any] = {
        "location_id": day.place,
        "client_id": client_id,
        "currency": CURRENCY,
        **extra,
    }
    if visit is not None:
        body["appointment_id"] = visit.appointment_id
    desk = day.practice.manager if "services" in extra else day.practice.front
    issued: dict[str, Any] = desk.post("/v1/invoices", body)
    return issued


def pay(day: Day, tender: str, invoice_id: str | None = None, **extra: Any) -> dict[str, Any]:
    """A payment into the day's drawer session."""
    body = {
        "location_id": day.place,
        "drawer_session_id": day.session,
        "tender": tender,
        "currency": CURRENCY,
        "invoice_id": invoice_id,
        **extra,
    }
    if tender == "card":
        body.setdefault("payment_token", "tok_visa")
    paid: dict[str, Any] = day.practice.front.post("/v1/payments", body)
    return paid


def tip(day: Day, amount_minor: int) -> list[dict[str, Any]]:
    return [{"provider_id": day.practice.staff["Nurse"], "amount_minor": amount_minor}]
