"""Consent: the current wording, exactly what was shown, evidence that stays as it was signed."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from medspa.kernel import clock
from medspa.kernel.vocabulary import Permission
from tests.integration.clinical.conftest import Clinic


def publish(clinic: Clinic, body: str = "New wording.") -> None:
    clinic.call(
        "POST",
        f"/consent-templates/{clinic.template_id}/versions",
        {"body": body, "disclosure": "You may ask for paper."},
        201,
    )


def standing(clinic: Clinic) -> str:
    answer = clinic.call("GET", f"/clients/{clinic.client_id}/consents/status")
    return str(answer["items"][0]["status"])


def test_a_signature_on_the_current_version_holds_until_a_new_version_is_published(clinic: Clinic) -> None:
    assert standing(clinic) == "missing"
    clinic.sign_consent()
    assert standing(clinic) == "valid"
    publish(clinic)
    assert standing(clinic) == "outdated"


def test_signing_an_older_version_is_refused_and_names_the_current_one(clinic: Clinic) -> None:
    shown = clinic.call("GET", f"/clients/{clinic.client_id}/consents/to-sign/{clinic.template_id}")
    publish(clinic)
    refused = clinic.sign_consent(
        409, template_version_id=shown["template_version_id"], rendered_sha256=shown["rendered_sha256"]
    )
    assert refused["type"].endswith("consent-version-outdated")
    assert standing(clinic) == "missing"


def test_what_was_not_shown_cannot_be_signed(clinic: Clinic) -> None:
    assert clinic.sign_consent(409, rendered_sha256="0" * 64)["type"].endswith("consent-wording-changed")


def test_the_disclosure_is_accepted_before_signing(clinic: Clinic) -> None:
    late = (clock.now() + timedelta(hours=1)).isoformat()
    for accepted in (None, late):
        refused = clinic.sign_consent(422, disclosure_accepted_at=accepted)
        assert refused["type"].endswith("disclosure-not-accepted")


def test_a_new_wording_never_changes_what_was_signed(clinic: Clinic) -> None:
    signed = clinic.sign_consent()
    before = clinic.call("GET", f"/signed-consents/{signed['id']}")
    publish(clinic, "Something else entirely.")
    after = clinic.call("GET", f"/signed-consents/{signed['id']}")
    assert after == before
    assert "I was told of the risks." in before["rendered"]
    assert before["signer_name"] == "Ada Example"


def test_neither_a_version_nor_a_signature_can_be_changed_by_the_app(clinic: Clinic) -> None:
    clinic.sign_consent()
    database = clinic.made.database
    for statement in (
        "update consent_template_version set body = 'x'",
        "update signed_consent set rendered_sha256 = 'x'",
        "delete from signed_consent",
    ):
        with pytest.raises(DBAPIError), database.session("app", clinic.made.org_id) as session:
            session.execute(text(statement))
    with database.session("admin") as session:
        assert session.execute(text("select count(*) from signed_consent")).scalar_one() == 1


def test_a_minor_does_not_sign_for_themselves(clinic: Clinic) -> None:
    born = clock.now().date().replace(day=1) - timedelta(days=365 * 17)
    with clinic.made.database.session("admin") as session:
        session.execute(text("update client set birth_date = :born"), {"born": born})
    assert clinic.sign_consent(422)["type"].endswith("representative-needed")
    clinic.sign_consent(201, relationship="parent")
    assert standing(clinic) == "valid"


def test_a_signature_past_its_validity_is_expired(clinic: Clinic) -> None:
    with clinic.made.database.session("admin") as session:
        session.execute(text("update consent_template set valid_days = 30"))
    clinic.sign_consent()
    with clock.frozen(clock.now() + timedelta(days=29)):
        assert standing(clinic) == "valid"
    with clock.frozen(clock.now() + timedelta(days=30)):
        assert standing(clinic) == "expired"


def test_the_front_desk_sees_the_standing_but_never_the_signed_text(clinic: Clinic) -> None:
    signed = clinic.sign_consent()
    desk = clinic.made.key([Permission.CLIENT_READ, Permission.CONSENT_COLLECT])
    seen = clinic.http.get(f"/v1/clients/{clinic.client_id}/consents/status", headers=desk)
    assert seen.status_code == 200
    assert "rendered" not in seen.json()["items"][0]
    assert clinic.http.get(f"/v1/signed-consents/{signed['id']}", headers=desk).status_code == 403


def test_the_signed_text_is_sealed_in_the_database(clinic: Clinic) -> None:
    clinic.sign_consent()
    with clinic.made.database.session("admin") as session:
        row = session.execute(text("select rendered, signer_name, signature from signed_consent")).one()
    assert all(b"Ada" not in bytes(part) and b"risks" not in bytes(part) for part in row)


def test_unknown_ids_are_not_found(clinic: Clinic) -> None:
    nobody = uuid.uuid4()
    answers = [
        clinic.call("GET", f"/clients/{nobody}/consents/status", expect=404),
        clinic.call("GET", f"/clients/{clinic.client_id}/consents/to-sign/{nobody}", expect=404),
        clinic.call("GET", f"/signed-consents/{nobody}", expect=404),
        clinic.sign_consent(404, appointment_id=str(nobody)),
    ]
    assert {one["type"] for one in answers} == {"urn:medspa:problem:not-found"}
