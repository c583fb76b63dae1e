{# The legs of the bridge beyond the sale: L2 the processor, L3 what is on its way, L4 the bank. Each part is
   the leg, the component, its side, the amount, and the table that it is read from; a float that opens a
   drawer is told by the ledger only, and is in neither side. #}
{% macro bridge_of_funds() -%}
{% set postings, payments, payouts = ref('fct_posting'), ref('fct_payment'), ref('fct_payout') %}
{% set outside, sessions = ref('int_money__outside'), ref('fct_drawer_session') %}
{% set paid = "status = 'succeeded'" %}
{% set told = "event in ('processor_paid_out', 'processor_payout_failed', 'processor_line_booked')" %}
{% set disputed = "event in ('dispute_opened', 'dispute_won')" %}
{% set moved = "event not in ('float_funded', 'cutover')" %}
{% do return([
    ('L2', 'card_received', 'left', 'amount_minor', payments, paid ~ " and tender = 'card'"),
    ('L2', 'card_refunded', 'left', '-amount_minor', payouts, paid ~ " and tender = 'card'"),
    ('L2', 'disputes_withdrawn', 'left', '-amount_minor', outside, "kind = 'dispute_opened'"),
    ('L2', 'disputes_reinstated', 'left', 'amount_minor', outside, "kind = 'dispute_won'"),
    ('L2', 'dispute_fees', 'left', '-amount_minor', postings, "account = '6010' and " ~ disputed),
    ('L2', 'fees', 'left', '-amount_minor', postings, "account = '6010' and " ~ told),
    ('L2', 'payouts_arrived', 'left', '-amount_minor', postings, "account = '1200' and " ~ told),
    ('L2', 'unmatched', 'left', '-amount_minor', postings, "account = '1290' and " ~ told),
    ('L2', 'booked_as_cost', 'left', '-amount_minor', postings, "account in ('6020', '6030') and " ~ told),
    ('L2', 'between_locations', 'left', '-amount_minor', postings, "account in ('1900', '2900') and " ~ told),
    ('L2', 'ledger', 'right', 'amount_minor', postings, "account = '1020' and " ~ moved),
    ('L3 bags', 'dropped', 'left', 'amount_minor', outside, "kind = 'cash_dropped'"),
    ('L3 bags', 'left_with_count', 'left', 'coalesce(counted_minor - float_left_minor, 0)', sessions, 'true'),
    ('L3 bags', 'back_to_drawer', 'left', '-amount_minor', outside, "kind = 'safe_to_drawer'"),
    ('L3 bags', 'banked', 'left', '-amount_minor', outside, "kind = 'bag_taken'"),
    ('L3 bags', 'ledger', 'right', 'amount_minor', postings, "account = '1005' and " ~ moved),
    ('L3 checks', 'received', 'left', 'amount_minor', payments, paid ~ " and tender = 'check'"),
    ('L3 checks', 'deposited', 'left', '-amount_minor', outside, "kind = 'checks_deposited'"),
    ('L3 checks', 'ledger', 'right', 'amount_minor', postings, "account = '1010' and " ~ moved),
    ('L3 disputed', 'opened', 'left', 'amount_minor', outside, "kind = 'dispute_opened'"),
    ('L3 disputed', 'won', 'left', '-amount_minor', outside, "kind = 'dispute_won'"),
    ('L3 disputed', 'lost', 'left', '-amount_minor', outside, "kind = 'dispute_lost'"),
    ('L3 disputed', 'ledger', 'right', 'amount_minor', postings, "account = '1040' and " ~ moved),
    ('L3 third party', 'received', 'left', 'amount_minor', payments, paid ~ " and tender = 'third_party'"),
    ('L3 third party', 'given_back', 'left', '-amount_minor', payouts, paid ~ " and tender = 'third_party'"),
    ('L3 third party', 'settled', 'left', '-amount_minor', outside, "kind = 'programme_settled'"),
    ('L3 third party', 'refused', 'left', '-amount_minor', outside, "kind = 'programme_refused'"),
    ('L3 third party', 'ledger', 'right', 'amount_minor', postings, "account = '1030' and " ~ moved),
    ('L4', 'processor_payouts', 'left', '-amount_minor', postings, "account <> '1200' and " ~ told),
    ('L4', 'bags', 'left', 'amount_minor', outside, "kind = 'bag_counted'"),
    ('L4', 'checks', 'left', 'amount_minor', outside, "kind = 'checks_deposited'"),
    ('L4', 'third_party', 'left', 'amount_minor', outside, "kind = 'programme_paid'"),
    ('L4', 'returned_checks', 'left', '-amount_minor', outside, "kind = 'check_returned'"),
    ('L4', 'cash_to_drawer', 'left', '-amount_minor', outside, "kind = 'bank_to_drawer'"),
    ('L4', 'bank_lines_unmatched', 'left', 'amount_minor', outside, "kind = 'line_taken'"),
    ('L4', 'bank_lines_unmatched', 'left', '-amount_minor', outside, "kind = 'line_explained'"),
    ('L4', 'ledger', 'right', 'amount_minor', postings, "account = '1200' and " ~ moved),
]) %}
{%- endmacro %}

{# Business days of documents that postings alone would not name. #}
{% macro touched_outside_days() -%}
{% for table, day in [
    ('dispute', 'opened_on'), ('dispute', 'resolved_on'), ('bank_deposit', 'business_date'),
    ('bank_deposit', 'confirmed_on'), ('returned_check', 'business_date'), ('remittance', 'business_date'),
    ('remittance_item', 'business_date'), ('bank_line', 'business_date'), ('bank_line', 'matched_on'),
] %}
{{ 'union' if not loop.first }}
{{ since(table, ['org_id', 'location_id', day], day ~ ' is not null') }}
{% endfor %}
{%- endmacro %}
