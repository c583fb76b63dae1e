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
    """Text for people: 12345 USD → `123.45 USD` (currencies with two decimals)."""
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{abs(amount_minor) // 100}.{abs(amount_minor) % 100:02d} {currency}"
