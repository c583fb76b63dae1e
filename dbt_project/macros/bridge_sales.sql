{# The legs of the bridge from the sale to the drawer: L0 billed to recognised, L1 recognised to collected, L3 cash.
   Each part is the leg, the component, its side, the amount, and the table that it is read from. The two sides
   of a leg are never read from the same table. #}
{% macro bridge_of_sales() -%}
{% set lines, memos, postings = ref('fct_invoice_line'), ref('fct_credit_memo_line'), ref('fct_posting') %}
{% set payments, payouts, sessions = ref('fct_payment'), ref('fct_payout'), ref('fct_drawer_session') %}
{% set owed, due = ref('fct_liability_movement'), ref('fct_ar_movement') %}
{% set billed, paid = "invoice_status <> 'voided'", "status = 'succeeded'" %}
{% set returned = paid ~ ' and tender is not null' %}
{% set settled, released = ref('stg_operational__remittance_item'), ref('fct_entitlement_movement') %}
{% set live, ended = "event <> 'cutover'", ref('int_money__ended_periods') %}
{# What the outside world did later: claims against tenders that had been collected. #}
{% set outside = "event in ('" ~ var('outside') | join("', '") ~ "')" %}
{# Money that moved between our own hands and changed no claim: L3 has it. #}
{% set here = "event not in ('tips_paid_out', 'over_short', 'cash_paid_in', 'cash_paid_out', 'cash_dropped',"
    ~ " 'float_funded', 'cutover')" %}
{% do return([
    ('L0', 'net_billed', 'left', 'net_minor', lines, billed),
    ('L0', 'net_billed', 'left', '-net_minor', memos, 'true'),
    ('L0', 'prepaid_billed', 'left', '-net_minor', lines, billed ~ ' and is_prepaid'),
    ('L0', 'prepaid_credited', 'left', 'net_minor', memos, 'is_prepaid'),
    ('L0', 'sessions_used', 'left', 'value_minor', released, "kind in ('used', 'reversed')"),
    ('L0', 'repriced', 'left', 'value_minor', released, "kind = 'refunded'"),
    ('L0', 'repriced', 'left', 'access_returned_minor', ended, 'true'),
    ('L0', 'repriced', 'left', '-net_minor', memos, "kind in ('package', 'membership_dues')"),
    ('L0', 'days_earned', 'left', '-amount_minor', owed, "event = 'dues_earned'"),
    ('L0', 'breakage', 'left', '-amount_minor', owed, "event in ('breakage_recognised', 'prepaid_expired')"),
    ('L0', 'borne_by_practice', 'left', '-practice_funded_minor', settled, "outcome = 'settled'"),
    ('L0', 'recognised', 'right', '-amount_minor', postings, "account_kind = 'revenue'"),
    ('L1', 'recognised', 'left', '-amount_minor', postings, "account_kind = 'revenue' and " ~ here),
    ('L1', 'tax_billed', 'left', 'tax_minor', lines, billed),
    ('L1', 'tax_billed', 'left', '-tax_minor', memos, 'true'),
    ('L1', 'tips', 'left', 'tip_minor', payments, paid),
    ('L1', 'tips', 'left', '-tip_minor', payouts, returned),
    ('L1', 'deposits', 'left', 'amount_minor', owed, "liability = '2100' and " ~ live),
    ('L1', 'account_credit', 'left', 'amount_minor', owed, "liability = '2110' and " ~ live),
    ('L1', 'gift_cards', 'left', 'amount_minor', owed, "liability = '2200' and " ~ live),
    ('L1', 'packages', 'left', 'amount_minor', owed, "liability = '2300' and " ~ live),
    ('L1', 'memberships', 'left', 'amount_minor', owed, "liability = '2310' and " ~ live),
    ('L1', 'unclaimed', 'left', 'amount_minor', owed, "liability = '2600' and " ~ live),
    ('L1', 'receivables', 'left', '-amount_minor', due, live),
    ('L1', 'rounding', 'left', '-amount_minor', postings, "account = '6005' and " ~ here),
    ('L1', 'bad_debt', 'left', '-amount_minor', postings, "account in ('1290', '6020') and " ~ here),
    ('L1', 'other_liabilities', 'left', '-amount_minor', postings,
        "account in ('2050', '2400', '2500', '2510') and (event in ('written_off', 'recovered') or " ~ outside ~ ")"),
    ('L1', 'charged_afterwards', 'left', '-amount_minor', postings,
        "account_kind in ('asset', 'expense') and account not in ('1100', '1290', '1900', '6020') and " ~ outside),
    ('L1', 'between_locations', 'left', '-amount_minor', postings, "account in ('1900', '2900') and " ~ here),
    ('L1', 'collected', 'right', 'amount_minor', payments, paid),
    ('L1', 'collected', 'right', '-amount_minor', payouts, returned),
    ('L1', 'collected', 'right', 'amount_minor', ref('int_money__outside'), "kind = 'refund_failed'"),
    ('L3 cash', 'received', 'left', 'amount_minor', payments, paid ~ " and tender = 'cash'"),
    ('L3 cash', 'paid_out', 'left', '-amount_minor', payouts, paid ~ " and tender = 'cash'"),
    ('L3 cash', 'drawer_movements', 'left', 'paid_in_minor - movements_out_minor', sessions, 'true'),
    ('L3 cash', 'over_short', 'left', 'coalesce(over_short_minor - opening_over_short_minor, 0)', sessions, 'true'),
    ('L3 cash', 'ledger', 'right', 'amount_minor', postings,
        "account = '1000' and event not in ('float_funded', 'cutover')"
        ~ " and not (event = 'cash_dropped' and source_kind = 'drawer_session')"),
]) %}
{%- endmacro %}
