"""The texts that come with the product: what is sent until a practice writes its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from medspa.kernel.vocabulary import Channel
from medspa.kernel.vocabulary import MessageKind as K


@dataclass(frozen=True, slots=True)
class Wording:
    """A text. Only e-mail has a subject."""

    body: str
    subject: str | None = None


_SMS: Mapping[K, str] = {
    K.BOOKING_CONFIRMED: (
        "{location}: you are booked on {date} at {time}. Change or cancel: {link} Reply STOP to opt out."
    ),
    K.REMINDER: "{location}: we see you on {date} at {time}. Change or cancel: {link}",
    K.CONFIRMATION_REQUEST: (
        "{location}: please confirm {date} at {time}. Reply YES, or use {link} Reply STOP to opt out."
    ),
    K.MOVED: "{location}: your visit is now on {date} at {time}. Details: {link}",
    K.CANCELLED: "{location}: your visit on {date} at {time} is cancelled. Questions: {phone}",
    K.MUST_MOVE: "{location}: we cannot keep your visit on {date} at {time}. Choose another time: {link}",
    K.FORMS_OUTSTANDING: "{location}: please complete your forms before {date}: {link}",
    K.WAITLIST_OFFER: "{location}: a time has come free on {date} at {time}. Yours until {until}: {link}",
    K.BOOKING_COMPLETION: "{location}: your booking is not finished yet. Go on here: {link}",
    K.CONFIRMATION_NOTED: "{location}: thank you, {date} at {time} is confirmed.",
    K.STOPPED: "{location}: you will receive no more texts from us. Reply START to receive them again.",
    K.STARTED: "{location}: you will receive texts about your visits again. Reply STOP to opt out.",
    K.HELP: "{location}: texts about your visits. Questions: {phone} Reply STOP to opt out.",
}
_EMAIL: Mapping[K, Wording] = {
    K.BOOKING_CONFIRMED: Wording(
        "Hello {first_name},\n\nyou are booked at {location} on {date} at {time}.\n\n"
        "Change or cancel your visit: {link}\n\nQuestions: {phone}\n",
        "Your visit on {date}",
    ),
    K.REMINDER: Wording(
        "Hello {first_name},\n\nwe look forward to seeing you at {location} on {date} at {time}.\n\n"
        "Change or cancel your visit: {link}\n\nQuestions: {phone}\n",
        "Reminder: {date} at {time}",
    ),
    K.CONFIRMATION_REQUEST: Wording(
        "Hello {first_name},\n\nplease confirm your visit at {location} on {date} at {time}: {link}\n\n"
        "Questions: {phone}\n",
        "Please confirm {date} at {time}",
    ),
    K.MOVED: Wording(
        "Hello {first_name},\n\nyour visit at {location} is now on {date} at {time}.\n\nDetails: {link}\n",
        "Your visit is now on {date}",
    ),
    K.CANCELLED: Wording(
        "Hello {first_name},\n\nyour visit at {location} on {date} at {time} is cancelled.\n\n"
        "Questions: {phone}\n",
        "Your visit on {date} is cancelled",
    ),
    K.MUST_MOVE: Wording(
        "Hello {first_name},\n\nwe are sorry: we cannot keep your visit at {location} on {date} at {time}. "
        "Choose another time at no cost: {link}\n\nQuestions: {phone}\n",
        "Please choose another time for your visit on {date}",
    ),
    K.FORMS_OUTSTANDING: Wording(
        "Hello {first_name},\n\nplease complete your forms before your visit at {location} on {date}: "
        "{link}\n",
        "Forms for your visit on {date}",
    ),
    K.WAITLIST_OFFER: Wording(
        "Hello {first_name},\n\na time has come free at {location} on {date} at {time}. It is yours until "
        "{until}: {link}\n",
        "A time has come free on {date}",
    ),
    K.BOOKING_COMPLETION: Wording(
        "Hello {first_name},\n\nyour booking at {location} is not finished yet. Go on here: {link}\n",
        "Finish your booking",
    ),
    K.CONFIRMATION_NOTED: Wording(
        "Hello {first_name},\n\nthank you, your visit at {location} on {date} at {time} is confirmed.\n",
        "Confirmed: {date} at {time}",
    ),
}
"""STOP, START and HELP are words of texts: nobody answers e-mail with them."""


def shipped(kind: K, channel: Channel) -> Wording | None:
    """None: this kind does not travel this way."""
    if channel is Channel.SMS:
        return Wording(_SMS[kind])
    return _EMAIL.get(kind)
