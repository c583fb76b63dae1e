-- Succeeded payments by check of [first, until].
select p.business_date, l.name as location, p.payment_id, p.client_key, p.purpose, f.label as taken_by,
       p.amount_minor, p.currency
from marts.fct_payment p
join marts.dim_location l on l.org_id = :org and l.location_id = p.location_id
left join marts.dim_staff f on f.org_id = :org and f.staff_id = p.taken_by
where p.org_id = :org and p.business_date between :first and :until and p.location_id = any(:locations)
  and p.tender = 'check' and p.status = 'succeeded'
order by p.business_date, l.name, p.succeeded_at, p.payment_id
