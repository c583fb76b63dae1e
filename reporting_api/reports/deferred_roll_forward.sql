-- Opening + movements = closing of every liability over [first, until], per location.
with moved as (
    select m.location_id, m.liability, m.currency, m.amount_minor,
           case when m.business_date < :first then 'opening' else m.movement end as movement
    from marts.fct_liability_movement m
    where m.org_id = :org and m.liability <> '2500' and m.business_date <= :until
      and m.location_id = any(:locations)
)
select l.name as location, m.liability as account, a.name as liability,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'opening'), 0) as bigint) as opening_minor,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'sold'), 0) as bigint) as sold_minor,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'credited'), 0) as bigint) as credited_minor,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'redeemed'), 0) as bigint) as redeemed_minor,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'refunded'), 0) as bigint) as refunded_minor,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'cashed_out'), 0) as bigint) as cashed_out_minor,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'disputed'), 0) as bigint) as disputed_minor,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'expired'), 0) as bigint) as expired_minor,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'breakage'), 0) as bigint) as breakage_minor,
       cast(coalesce(sum(m.amount_minor) filter (where m.movement = 'brought_over'), 0) as bigint) as brought_over_minor,
       cast(coalesce(sum(m.amount_minor) filter (
           where m.movement not in ('opening', 'sold', 'credited', 'redeemed', 'refunded', 'cashed_out', 'disputed', 'expired', 'breakage', 'brought_over')
       ), 0) as bigint) as other_minor,
       cast(sum(m.amount_minor) as bigint) as closing_minor, m.currency
from moved m
join marts.dim_location l on l.org_id = :org and l.location_id = m.location_id
left join marts.dim_account a on a.org_id = :org and a.account = m.liability
group by l.name, m.location_id, m.liability, a.name, m.currency
order by l.name, m.location_id, m.liability, m.currency
