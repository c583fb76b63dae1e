{# What an incremental run of the touched days needs of the days before them. #}

{# The first touched day of each location. #}
{% macro first_touched() -%}
select org_id, location_id, min(business_date) as first_date
from {{ touched_relation() }}
group by org_id, location_id
{%- endmacro %}

{# int_money__balances for the touched days: of their locations' days in one pass, all before the first touched one
   folded into one. #}
{% macro touched_balances() -%}
{% set account = ['org_id', 'location_id', 'account'] %}
with folded as (
    select
        {{ columns('posted', account) }},
        case
            when posted.business_date < opening.first_date then {{ days_after('opening.first_date', -1) }}
            else posted.business_date
        end as business_date,
        sum(posted.amount_minor) as amount_minor
    from {{ ref('agg_daily_account') }} as posted
    inner join ({{ first_touched() }}) as opening
        on opening.org_id = posted.org_id and opening.location_id = posted.location_id
    where posted.account_kind in ('asset', 'liability', 'equity')
    group by
        {{ columns('posted', account) }},
        case
            when posted.business_date < opening.first_date then {{ days_after('opening.first_date', -1) }}
            else posted.business_date
        end
),

days as (
    select
        {{ columns('folded', account) }},
        folded.business_date,
        folded.amount_minor,
        0 as asked
    from folded

    union all

    select
        {{ columns('held', account) }},
        touched.business_date,
        0 as amount_minor,
        1 as asked
    from {{ touched_relation() }} as touched
    inner join (select distinct {{ columns('folded', account) }} from folded) as held
        on held.org_id = touched.org_id and held.location_id = touched.location_id
),

carried as (
    select
        {{ columns('days', account) }},
        days.business_date,
        max(days.asked) as asked,
        sum(days.amount_minor) as amount_minor,
        sum(sum(days.amount_minor)) over (
            partition by {{ columns('days', account) }}
            order by days.business_date
        ) as closing_minor
    from days
    group by {{ columns('days', account) }}, days.business_date
)

select
    {{ columns('carried', account) }},
    carried.business_date,
    carried.closing_minor - carried.amount_minor as opening_minor,
    carried.closing_minor
from carried
inner join {{ ref('fct_business_day') }} as day
    on {{ same('day', 'carried', ['org_id', 'location_id', 'business_date']) }}
where carried.asked = 1
{%- endmacro %}
