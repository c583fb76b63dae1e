-- Grain: one client, with what they hold unused and how they stand with memberships.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(touched_holders(), ['org_id', 'client_key'], ['org_id', 'client_key'], true) }}"
) }}

{% set client = ['org_id', 'client_key'] %}
with {% call touched(['org_id', 'client_key']) %}{{ touched_holders() }}{% endcall %},

cards as (
    select
        owner.org_id,
        owner.client_key,
        card.gift_card_id,
        max(moved.business_date) as idle_since
    from {{ ref('stg_operational__gift_card') }} as card
    inner join {{ ref('int_clients__resolved') }} as owner
        on owner.org_id = card.org_id and owner.client_id = card.purchaser_id
    {{ only_touched('owner', ['org_id', 'client_key']) }}
    inner join {{ ref('fct_liability_movement') }} as moved
        on moved.org_id = card.org_id and moved.gift_card_id = card.gift_card_id and moved.account = '2200'
    group by owner.org_id, owner.client_key, card.gift_card_id
    having sum(moved.amount_minor) > 0
),

carded as (
    select org_id, client_key, count(*) as gift_cards_held, min(idle_since) as gift_card_idle_since
    from cards
    group by org_id, client_key
),

credited as (
    select
        {{ columns('moved', client) }},
        max(moved.business_date) as credit_idle_since
    from {{ ref('fct_liability_movement') }} as moved
    {{ only_touched('moved', ['org_id', 'client_key']) }}
    where moved.account = '2110'
    group by {{ columns('moved', client) }}
    having sum(moved.amount_minor) > 0
),

joined as (
    select
        {{ columns('member', client) }},
        min(case when member.status <> 'cancelled' then member.joined_on end) as member_since,
        max(member.ends_on) as ended_on
    from {{ ref('fct_membership') }} as member
    {{ only_touched('member', ['org_id', 'client_key']) }}
    group by {{ columns('member', client) }}
),

visited as (
    select {{ columns('visit', client) }}, max(visit.business_date) as last_visit_on
    from {{ ref('fct_visit') }} as visit
    {{ only_touched('visit', ['org_id', 'client_key']) }}
    group by {{ columns('visit', client) }}
),

-- What an offered membership costs in a year, and the services that it grants.
offered as (
    select distinct
        version.org_id,
        version.membership_plan_version_id as version_id,
        version.price_minor * 12 as year_minor,
        version.period_months,
        credit.service_id
    from {{ ref('stg_operational__membership_plan_version') }} as version
    inner join {{ ref('stg_operational__membership_plan') }} as plan
        on plan.org_id = version.org_id and plan.membership_plan_id = version.membership_plan_id and plan.active
    inner join {{ ref('stg_operational__membership_plan_credit') }} as credit
        on credit.org_id = version.org_id and credit.membership_plan_version_id = version.membership_plan_version_id
    left join {{ ref('stg_operational__membership_plan_version') }} as later
        on later.org_id = version.org_id and later.membership_plan_id = version.membership_plan_id
        and later.number > version.number
    where later.org_id is null
),

-- Billed for those services, added up from the newest day back.
spent as (
    select
        {{ columns('line', client) }},
        line.business_date,
        offered.year_minor,
        offered.period_months,
        sum(line.net_minor) over (
            partition by {{ columns('line', client) }}, offered.version_id
            order by line.business_date desc
        ) as spent_minor
    from {{ ref('fct_invoice_line') }} as line
    {{ only_touched('line', ['org_id', 'client_key']) }}
    inner join offered
        on offered.org_id = line.org_id and offered.service_id = line.service_id
    where line.kind = 'service' and line.invoice_status <> 'voided'
),

outspent as (
    select {{ columns('spent', client) }}, max(spent.business_date) as dues_spent_since
    from spent
    where spent.spent_minor * spent.period_months >= spent.year_minor
    group by {{ columns('spent', client) }}
)

select
    {{ columns('client', client) }},
    cast(coalesce(carded.gift_cards_held, 0) as integer) as gift_cards_held,
    carded.gift_card_idle_since,
    credited.credit_idle_since,
    joined.member_since,
    case when joined.member_since is null then joined.ended_on end as membership_ended_on,
    visited.last_visit_on,
    outspent.dues_spent_since,
    {{ build_id() }}
from {{ ref('dim_client') }} as client
{{ only_touched('client', ['org_id', 'client_key']) }}
{% for part in ['carded', 'credited', 'joined', 'visited', 'outspent'] %}
left join {{ part }}
    on {{ same(part, 'client', client) }}
{% endfor %}
