{# What an incremental run of the touched days needs of the days before them. #}

{# The first touched day of each location. #}
{% macro first_touched() -%}
select org_id, location_id, min(business_date) as first_date
from {{ touched_relation() }}
group by org_id, location_id
{%- endmacro %}

{# int_money__balances for the touched days: what moved before a location's first of them is summed at once,
   for carrying it forward through years of days cost most of an incremental run. #}
{% macro touched_balances() -%}
select
    carried.org_id,
    carried.location_id,
    carried.business_date,
    carried.account,
    carried.closing_minor - carried.amount_minor as opening_minor,
    carried.closing_minor
from (
    select
        day.org_id,
        day.location_id,
        day.business_date,
        held.account,
        coalesce(moved.amount_minor, 0) as amount_minor,
        held.before_minor + sum(coalesce(moved.amount_minor, 0)) over (
            partition by day.org_id, day.location_id, held.account
            order by day.business_date
        ) as closing_minor
    from {{ ref('fct_business_day') }} as day
    {{ only_touched('day', ['org_id', 'location_id', 'business_date']) }}
    inner join (
        select
            posted.org_id,
            posted.location_id,
            posted.account,
            sum(case when earlier.org_id is not null then posted.amount_minor else 0 end) as before_minor
        from {{ ref('agg_daily_account') }} as posted
        inner join ({{ first_touched() }}) as opening
            on opening.org_id = posted.org_id and opening.location_id = posted.location_id
        left join {{ ref('fct_business_day') }} as earlier
            on
                {{ same('earlier', 'posted', ['org_id', 'location_id', 'business_date']) }}
                and earlier.business_date < opening.first_date
        where posted.account_kind in ('asset', 'liability', 'equity')
        group by posted.org_id, posted.location_id, posted.account
    ) as held
        on held.org_id = day.org_id and held.location_id = day.location_id
    left join {{ ref('agg_daily_account') }} as moved
        on {{ same('moved', 'day', ['org_id', 'location_id', 'business_date']) }} and moved.account = held.account
) as carried
{%- endmacro %}
