-- Open balance per invoice as of :until. Buckets: Current (<= 0 days), 1-30, 31-60, 61-90, 91+.
with open_invoice as (
    select s.location_id, s.invoice_id, s.client_key, s.currency, s.invoice_date, s.due_on, s.open_minor
    from marts.fct_receivable_span s
    where s.org_id = :org and s.from_on <= :until and (s.until_on is null or s.until_on > :until)
        and s.location_id = any(:locations)
)
select l.name as location, o.invoice_id, o.client_key, o.invoice_date, o.due_on,
       cast(:until as date) - o.due_on as age_days,
       case
           when cast(:until as date) - o.due_on <= 0 then 'Current'
           when cast(:until as date) - o.due_on <= 30 then '1-30'
           when cast(:until as date) - o.due_on <= 60 then '31-60'
           when cast(:until as date) - o.due_on <= 90 then '61-90'
           else '91+'
       end as bucket,
       o.open_minor, o.currency
from open_invoice o
join marts.dim_location l on l.org_id = :org and l.location_id = o.location_id
order by l.name, o.due_on, o.invoice_id
