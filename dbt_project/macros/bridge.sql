{# The legs of the bridge beyond the drawer: L2 the processor, L3 what is on its way, L4 the bank. Each part is
   the leg, the component, its side, the amount, and the table that it is read from; a float that opens a
   drawer is told by the ledger only, and is in neither side. #}
{% macro bridge_of_funds() -%}
{% set postings, payments, payouts = ref('fct_posting'), ref('fct_payment'), ref('fct_payout') %}
{% set outside, sessions = ref('int_money__outside'), ref('fct_drawer_session') %}
{% set reported, bank = ref('int_money__processor'), ref('int_money__bank') %}
{% set paid = "status = 'succeeded'" %}
{% set moved = "event not in ('float_funded', 'cutover')" %}
{% set of_lines = "event in ('bank_line_unmatched', 'bank_line_booked')" %}
{# Our documents of cards, and those that the bank is to tell of, with their components. #}
{% set of_cards = [
    ('opening', 'amount_minor', outside, "kind = 'opening_told'"),
    ('card_received', 'amount_minor', payments, paid ~ " and tender = 'card'"),
    ('card_refunded', '-amount_minor', payouts, paid ~ " and tender = 'card'"),
    ('disputes_withdrawn', '-amount_minor', outside, "kind = 'dispute_opened'"),
    ('disputes_reinstated', 'amount_minor', outside, "kind = 'dispute_won'"),
    ('dispute_fees', '-amount_minor', outside, "kind = 'dispute_fee'"),
    ('refunds_failed', 'amount_minor', outside, "kind = 'refund_failed'"),
] %}
{% set to_bank = [
    ('processor_payouts', 'amount_minor', reported, "kind = 'to_bank'"),
    ('bags', 'amount_minor', outside, "kind = 'bag_counted'"),
    ('checks', 'amount_minor', outside, "kind = 'checks_deposited'"),
    ('third_party', 'amount_minor', outside, "kind = 'programme_paid'"),
    ('returned_checks', '-amount_minor', outside, "kind = 'check_returned'"),
] %}
{% set parts = [
    ('L2', 'payouts_arrived', 'left', '-amount_minor', reported, "kind = 'cleared_net'"),
    ('L2', 'fees', 'left', '-amount_minor', reported, "kind = 'cleared_fee'"),
    ('L2', 'ledger', 'right', 'amount_minor', postings, "account = '1020'"),
    ('L2 pending', 'held_by_processor', 'left', 'amount_minor', reported, "kind = 'pending'"),
    ('L2 pending', 'not_ours', 'left', '-amount_minor', reported, "kind = 'not_ours'"),
    ('L2 pending', 'not_reported', 'left', '-amount_minor', reported, "kind = 'reported'"),
    ('L2 pending', 'ledger', 'right', 'amount_minor', postings, "account = '1020'"),
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
    ('L4', 'cash_to_drawer', 'left', '-amount_minor', outside, "kind = 'bank_to_drawer'"),
    ('L4', 'bank_lines_unmatched', 'left', 'amount_minor', outside, "kind = 'line_taken'"),
    ('L4', 'bank_lines_unmatched', 'left', '-amount_minor', outside, "kind = 'line_explained'"),
    ('L4', 'ledger', 'right', 'amount_minor', postings, "account = '1200' and " ~ moved),
    ('L4 bank file', 'not_at_bank_yet', 'left', 'amount_minor', bank, "kind = 'arrived'"),
    ('L4 bank file', 'booked_elsewhere', 'left', 'amount_minor', bank, "kind = 'booked_elsewhere'"),
    ('L4 bank file', 'named_in_1290', 'left', '-amount_minor', postings, "account = '1290' and " ~ of_lines),
    ('L4 bank file', 'fees_billed', 'left', '-amount_minor', postings, "account = '6010' and " ~ of_lines),
    ('L4 bank file', 'bank_lines', 'right', 'amount_minor', bank, "kind = 'line'"),
] %}
{% for component, amount, relation, condition in of_cards %}
{% do parts.append(('L2', component, 'left', amount, relation, condition)) %}
{% do parts.append(('L2 pending', 'not_reported', 'left', amount, relation, condition)) %}
{% endfor %}
{% for component, amount, relation, condition in to_bank %}
{% do parts.append(('L4', component, 'left', amount, relation, condition)) %}
{% do parts.append(('L4 bank file', component, 'left', amount, relation, condition)) %}
{# Until its line comes, a document is named as waiting for it. #}
{% do parts.append(('L4 bank file', 'not_at_bank_yet', 'left', '-(' ~ amount ~ ')', relation, condition)) %}
{% endfor %}
{% do return(parts) %}
{%- endmacro %}

{# Business days of documents that postings alone would not name. #}
{% macro touched_outside_days() -%}
{% for table, day in [
    ('dispute', 'opened_on'), ('dispute', 'resolved_on'), ('bank_deposit', 'business_date'),
    ('bank_deposit', 'confirmed_on'), ('returned_check', 'business_date'), ('remittance', 'business_date'),
    ('remittance_item', 'business_date'), ('bank_line', 'business_date'), ('bank_line', 'matched_on'),
    ('dispute_fee', 'business_date'), ('processor_line', 'occurred_on'), ('merchant_opening', 'business_date'),
    ('processor_line_history', 'business_date'),
] %}
{{ 'union' if not loop.first }}
{{ since(table, ['org_id', 'location_id', day], day ~ ' is not null') }}
{% endfor %}
{# A line of the processor is ours once its document is booked. #}
{% for table, key, column in [
    ('payment', 'id', 'payment_id'), ('payout', 'id', 'payout_id'), ('dispute', 'id', 'dispute_id'),
    ('refund_failure', 'payout_id', 'payout_id'),
] %}
union
select line.org_id, line.location_id, line.occurred_on
from {{ source('raw', 'processor_line') }} as line
inner join ({{ since(table, ['org_id', key]) }}) as booked
    on booked.org_id = line.org_id and booked.{{ key }} = line.{{ column }}
{% endfor %}
{%- endmacro %}
