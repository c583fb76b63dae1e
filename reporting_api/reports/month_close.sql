-- Opening, movement and closing of every account over [first, until], per legal entity.
with moved as (
    select a.legal_entity_id, a.account, a.account_kind, a.currency,
           -- A profit and loss account begins with the range: what came before it is no balance of its own.
           coalesce(sum(a.amount_minor) filter (
               where a.business_date < :first and a.account_kind not in ('revenue', 'expense')
           ), 0) as opening,
           coalesce(sum(a.amount_minor) filter (where a.business_date >= :first and a.amount_minor > 0), 0) as debit,
           coalesce(sum(a.amount_minor) filter (where a.business_date >= :first and a.amount_minor < 0), 0) as credit
    from marts.agg_daily_account a
    where a.org_id = :org and a.business_date <= :until and a.location_id = any(:locations)
    group by a.legal_entity_id, a.account, a.account_kind, a.currency
),
open_days as (
    select l.legal_entity_id, count(*) as days
    from marts.fct_business_day d
    join marts.dim_location l on l.org_id = :org and l.location_id = d.location_id
    where d.org_id = :org and d.business_date between :first and :until and d.location_id = any(:locations)
      and d.status = 'open'
    group by l.legal_entity_id
)
select e.name as legal_entity, m.account, a.name, m.account_kind as kind,
       cast(m.opening as bigint) as opening_minor, cast(m.debit as bigint) as debit_minor,
       cast(m.credit as bigint) as credit_minor, cast(m.debit + m.credit as bigint) as movement_minor,
       cast(m.opening + m.debit + m.credit as bigint) as closing_minor,
       coalesce(o.days, 0) as open_days, m.currency
from moved m
join marts.dim_legal_entity e on e.org_id = :org and e.legal_entity_id = m.legal_entity_id
left join marts.dim_account a on a.org_id = :org and a.account = m.account
left join open_days o on o.legal_entity_id = m.legal_entity_id
where m.opening <> 0 or m.debit <> 0 or m.credit <> 0
order by e.name, m.legal_entity_id, m.account, m.currency
