-- Completed visits per client in [first, until]; five and more are one class.
with client as (
    select v.client_key, least(count(*), 5) as visits
    from marts.fct_visit v
    where v.org_id = :org and v.business_date between :first and :until and v.location_id = any(:locations)
    group by v.client_key
)
select case when c.visits = 5 then '5 or more' else cast(c.visits as text) end as visits, count(*) as clients,
       cast(count(*) as double precision) / sum(count(*)) over () as share
from client c
group by c.visits
order by c.visits
