-- Grain: one figure of a location's business day, in the words of the frozen close.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        touched_balance_days(),
        ['org_id', 'location_id', 'business_date'],
        ['org_id', 'location_id', 'business_date', 'measure', 'key']
    ) }}"
) }}

{# Every measure: what it is split by, what it sums, over which rows. #}
{% set accounts, jurisdiction = ref('agg_daily_account'), 'cast(jurisdiction_id as ' ~ dbt.type_string() ~ ')' %}
{% set lines, memos = ref('fct_invoice_line'), ref('fct_credit_memo_line') %}
{% set payments, payouts, sessions = ref('fct_payment'), ref('fct_payout'), ref('fct_drawer_session') %}
{% set billed, paid = "invoice_status <> 'voided'", "status = 'succeeded'" %}
{% set came_back = ref('stg_operational__refund_failure') %}
{% set returned = paid ~ ' and tender is not null' %}
{% set parts = [
    ('account', 'account', 'amount_minor', accounts, 'true'),
    ('recognised', "''", '-amount_minor', accounts, "account_kind = 'revenue'"),
    ('balance', 'account', 'closing_minor', 'balances', 'true'),
    ('ar_opening', "''", 'opening_minor', 'balances', "account = '1100'"),
    ('ar_closing', "''", 'closing_minor', 'balances', "account = '1100'"),
    ('tax_by_jurisdiction', jurisdiction, '-amount_minor', 'postings', "account = '2400'"),
    ('deposits', 'event', '-amount_minor', 'postings', "account = '2100'"),
    ('account_credit', 'event', '-amount_minor', 'postings', "account = '2110'"),
    ('gift_cards', 'event', '-amount_minor', 'postings', "account = '2200'"),
    ('packages', 'event', '-amount_minor', 'postings', "account = '2300'"),
    ('memberships', 'event', '-amount_minor', 'postings', "account = '2310'"),
    ('gross_billed', 'kind', 'list_minor', lines, billed),
    ('discounts', 'discount_reason', 'discount_minor', lines, billed ~ ' and discount_minor > 0'),
    ('net_billed', "''", 'net_minor', lines, billed),
    ('tax_billed', "''", 'tax_minor', lines, billed),
    ('credit_memos', 'reason', 'net_minor', memos, 'true'),
    ('net_billed', "''", '-net_minor', memos, 'true'),
    ('tax_billed', "''", '-tax_minor', memos, 'true'),
    ('received', 'tender', 'amount_minor', payments, paid),
    ('collected', 'tender', 'amount_minor', payments, paid),
    ('tips', "''", 'tip_minor', payments, paid),
    ('paid_out', 'tender', 'amount_minor', payouts, returned),
    ('collected', 'tender', '-amount_minor', payouts, returned),
    ('paid_out', "'card'", '-amount_minor', came_back, 'true'),
    ('collected', "'card'", 'amount_minor', came_back, 'true'),
    ('tips', "''", '-tip_minor', payouts, returned),
    ('over_short', "''", 'over_short_minor', sessions, "status = 'closed'"),
] %}

with {% call touched(['org_id', 'location_id', 'business_date']) %}{{ touched_balance_days() }}{% endcall %},

-- Both are read several times below.
balances as (
    {{ touched_balances() if is_incremental() else 'select * from ' ~ ref('int_money__balances') }}
),

postings as (
    select
        part.org_id,
        part.location_id,
        part.business_date,
        part.account,
        part.event,
        part.jurisdiction_id,
        part.amount_minor
    from {{ ref('fct_posting') }} as part
    {{ only_touched('part', ['org_id', 'location_id', 'business_date']) }}
    where part.account in ('2400', '2100', '2110', '2200', '2300', '2310')
),

figures as (
    {% for measure, key, amount, relation, condition in parts %}
    select
        part.org_id,
        part.location_id,
        part.business_date,
        '{{ measure }}' as measure,
        {{ key }} as key,
        {{ amount }} as amount_minor
    from {{ relation }} as part
    {{ only_touched('part', ['org_id', 'location_id', 'business_date']) }}
    where {{ condition }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

summed as (
    select
        org_id,
        location_id,
        business_date,
        measure,
        key,
        cast(sum(amount_minor) as bigint) as amount_minor
    from figures
    group by org_id, location_id, business_date, measure, key
    having sum(amount_minor) <> 0
)

select
    summed.org_id,
    summed.location_id,
    summed.business_date,
    summed.measure,
    summed.key,
    location.legal_entity_id,
    summed.amount_minor,
    location.currency,
    coalesce(day.status, 'open') as day_status,
    {{ build_id() }}
from summed
inner join {{ ref('dim_location') }} as location
    on location.org_id = summed.org_id and location.location_id = summed.location_id
left join {{ ref('fct_business_day') }} as day
    on {{ same('day', 'summed', ['org_id', 'location_id', 'business_date']) }}
