-- Entries of [first, until] that concern an earlier date: their document's, or the outside world's.
with entries as (
    select p.entry_id, p.location_id, p.event, p.business_date, p.currency, min(p.external_date) as external_date,
           cast(min(cast(p.invoice_id as text)) as uuid) as invoice_id,
           cast(sum(p.amount_minor) filter (where p.amount_minor > 0) as bigint) as amount_minor
    from marts.fct_special_posting p
    where p.org_id = :org and p.business_date between :first and :until and p.location_id = any(:locations)
    group by p.entry_id, p.location_id, p.event, p.business_date, p.currency
),
dated as (
    select e.*, least(e.external_date, i.business_date) as concerns_date
    from entries e
    left join marts.fct_invoice i on i.org_id = :org and i.invoice_id = e.invoice_id
)
select d.business_date, l.name as location, d.event, d.concerns_date,
       d.business_date - d.concerns_date as days_late, d.invoice_id, d.amount_minor, d.currency
from dated d
join marts.dim_location l on l.org_id = :org and l.location_id = d.location_id
where d.concerns_date < d.business_date and d.amount_minor > 0
order by d.business_date, l.name, d.event, d.entry_id
