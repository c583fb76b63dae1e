{# What an incremental run of the touched days needs of the days before them. #}

{# The first touched day of each location. #}
{% macro first_touched() -%}
select org_id, location_id, min(business_date) as first_date
from {{ touched_relation() }}
group by org_id, location_id
{%- endmacro %}

{# int_money__balances for the touched days: the days of their locations in one pass, the touched ones kept. #}
{% macro touched_balances() -%}
{% set account = ['org_id', 'location_id', 'account'] %}
select
    {{ columns('carried', account) }},
    carried.business_date,
    carried.closing_minor - carried.amount_minor as opening_minor,
    carried.closing_minor
from (
    select
        {{ columns('moved', account) }},
        moved.business_date,
        max(moved.asked) as asked,
        sum(moved.amount_minor) as amount_minor,
        sum(sum(moved.amount_minor)) over (
            partition by {{ columns('moved', account) }}
            order by moved.business_date
        ) as closing_minor
    from (
        select
            {{ columns('posted', account) }},
            posted.business_date,
            posted.amount_minor,
            0 as asked
        from {{ ref('agg_daily_account') }} as posted
        inner join ({{ first_touched() }}) as opening
            on opening.org_id = posted.org_id and opening.location_id = posted.location_id
        where posted.account_kind in ('asset', 'liability', 'equity')

        union all

        select
            {{ columns('held', account) }},
            touched.business_date,
            0 as amount_minor,
            1 as asked
        from {{ touched_relation() }} as touched
        inner join (
            select distinct {{ columns('posted', account) }}
            from {{ ref('agg_daily_account') }} as posted
            inner join ({{ first_touched() }}) as opening
                on opening.org_id = posted.org_id and opening.location_id = posted.location_id
            where posted.account_kind in ('asset', 'liability', 'equity')
        ) as held
            on held.org_id = touched.org_id and held.location_id = touched.location_id
    ) as moved
    group by {{ columns('moved', account) }}, moved.business_date
) as carried
inner join {{ ref('fct_business_day') }} as day
    on {{ same('day', 'carried', ['org_id', 'location_id', 'business_date']) }}
where carried.asked = 1
{%- endmacro %}
