"""Text that people type: what is kept, what is normalised, what is refused."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operational.text import clean_email, clean_line, clean_paragraph, clean_phone

KEPT = [
    "O’Brien",
    'Say "hi"',
    "<script>alert(1)</script>",
    "عدي",
    "किरण",
    "می‌خواهم",
    "李明",
    "Zoë 👩🏽‍⚕️",
    "'; drop--",
]
REFUSED = [
    "a\x00",
    "a\x1b[31m",
    "a\tb",
    "a\nb",
    "a\u202eb",
    "a\u2066b",
    "a\u200f",
    "a\u200b",
    "\ufeffa",
    "a\ud800",
    " ",
    "",
]


@pytest.mark.parametrize("value", KEPT)
def test_kept_as_written(value: str) -> None:
    assert clean_line(value) == unicodedata.normalize("NFC", value)


@pytest.mark.parametrize("value", REFUSED)
def test_refused_with_a_reason_and_without_the_text(value: str) -> None:
    with pytest.raises(ValueError, match=r"Remove the|Write something") as caught:
        clean_line("name" + value if value.strip() and value[0] == "a" else value)
    assert "name" not in str(caught.value)


def test_paragraphs_keep_their_lines() -> None:
    assert clean_paragraph(" one\r\ntwo\tthree\n") == "one\ntwo\tthree"
    with pytest.raises(ValueError, match="control"):
        clean_paragraph("one\x0btwo")


@given(st.text(max_size=50))
def test_what_is_kept_is_clean_and_stays_the_same(value: str) -> None:
    try:
        cleaned = clean_line(value)
    except ValueError:
        return
    assert clean_line(cleaned) == cleaned
    assert cleaned == unicodedata.normalize("NFC", cleaned)
    assert not any(unicodedata.category(one) in ("Cc", "Cs") for one in cleaned)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("(212) 555-0123", "+12125550123"),
        ("1 212 555 0123", "+12125550123"),
        ("212.555.0123", "+12125550123"),
        ("+44 20 7946 0958", "+442079460958"),
        ("٢١٢٥٥٥٠١٢٣", "+12125550123"),
    ],
)
def test_phones_become_e164(written: str, stored: str) -> None:
    assert clean_phone(written) == stored


@pytest.mark.parametrize(
    "written",
    [
        "",
        "555-0123",
        "+0123456789",
        "112 555 0123",
        "212 155 0123",
        "212-555-01234",
        "call me",
        "+1+2125550123",
        "²125550123",
    ],
)
def test_what_is_no_phone(written: str) -> None:
    with pytest.raises(ValueError, match=r"Write|cannot be"):
        clean_phone(written)


@pytest.mark.parametrize(
    "written",
    ["a@b", "a b@c.de", "@c.de", "a@.de", "a@@c.de", "<a@c.de>", "a@c.de\u202e", "=?utf-8?q??=@e.com"],
)
def test_what_is_no_email(written: str) -> None:
    with pytest.raises(ValueError, match=r"Write|Remove"):
        clean_email(written)


def test_an_email_keeps_its_case() -> None:
    assert clean_email(" Ada.Vale+spa@Example.co.uk ") == "Ada.Vale+spa@Example.co.uk"
