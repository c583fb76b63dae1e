"""Money arithmetic on integer minor units: rounding, percentages, splits. No postings here.

Every amount is an int of minor units (cents) beside an ISO 4217 currency; quantities of units or
syringes are ints of thousandths (`*_milli`); tax rates are parts per million.
"""

from __future__ import annotations

from collections.abc import Sequence

PPM = 1_000_000
MILLI = 1_000
CURRENCIES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD
    HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL
    LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP
    PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
    TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()
)
"""ISO 4217 codes of money that people pay with: no funds, metals or test codes."""

_DIGITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}


def digits(currency: str) -> int:
    """How many decimals the currency's minor unit is: 2, but for a few 0 or 3."""
    return _DIGITS.get(currency, 2)


def decimal_text(amount_minor: int, currency: str, thousands: str = "") -> str:
    """The amount in major units without sign and currency: 1234567 USD → `12345.67`."""
    places = digits(currency)
    whole, part = divmod(abs(amount_minor), 10**places)
    text = f"{whole:,}".replace(",", thousands)
    return f"{text}.{part:0{places}d}" if places else text


def round_half_up(numerator: int, denominator: int) -> int:
    """numerator ÷ denominator, halves away from zero. Raises ZeroDivisionError on 0."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def extend(quantity_milli: int, unit_price_minor: int) -> int:
    """Price of a quantity: thousandths × unit price, rounded half up to a minor unit."""
    return round_half_up(quantity_milli * unit_price_minor, MILLI)


def at_rate(amount_minor: int, rate_ppm: int) -> int:
    """`rate_ppm` parts per million of an amount, rounded half up (8.875 % = 88 750 ppm, exact)."""
    return round_half_up(amount_minor * rate_ppm, PPM)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` over `weights` by largest remainder; the parts always sum to `total`.

    Ties go to the earlier part. All-zero weights put everything on the first part.
    Raises ValueError on a negative weight or on no weights.
    """
    if not weights:
        raise ValueError("weights must not be empty")
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    whole = sum(weights)
    if whole == 0:
        return [total, *[0] * (len(weights) - 1)]
    sign = -1 if total < 0 else 1
    amount = abs(total)
    floors = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % whole), i))
    for i in by_remainder[: amount - sum(floors)]:
        floors[i] += 1
    return [sign * part for part in floors]


def round_cash(amount_minor: int, step_minor: int) -> int:
    """The cash amount nearest to `amount_minor` in steps of the smallest coin, halves up."""
    if step_minor <= 1:
        return amount_minor
    return round_half_up(amount_minor, step_minor) * step_minor


def format_minor(amount_minor: int, currency: str) -> str:
    """Text for people: 12345 USD → `123.45 USD`."""
    return f"{'-' if amount_minor < 0 else ''}{decimal_text(amount_minor, currency)} {currency}"
