-- Tips payable (2500) of each provider over [first, until]: what was owed before, its movements, what is owed.
with moved as (
    select m.location_id, m.provider_id, m.currency, m.amount_minor,
           case when m.business_date < :first then 'opening' else m.movement end as movement
    from marts.fct_liability_movement m
    where m.org_id = :org and m.liability = '2500' and m.business_date <= :until
      and m.location_id = any(:locations)
)
select l.name as location, f.label as provider,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'opening'), 0) as bigint) as opening_minor,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'sold'), 0) as bigint) as taken_minor,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'refunded'), 0) as bigint) as refunded_minor,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'paid_out'), 0) as bigint) as paid_out_minor,
       cast(coalesce(sum(m.amount_minor) filter (
           where m.movement not in ('opening', 'sold', 'refunded', 'paid_out')
       ), 0) as bigint) as other_minor,
       cast(sum(m.amount_minor) as bigint) as closing_minor, m.currency
from moved m
join marts.dim_location l on l.org_id = :org and l.location_id = m.location_id
left join marts.dim_staff f on f.org_id = :org and f.staff_id = m.provider_id
group by l.name, m.location_id, f.label, m.provider_id, m.currency
order by l.name, f.label, m.provider_id, m.currency
