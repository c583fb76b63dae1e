-- Every measure of the close-out of one business date, per location.
select l.name as location, a.business_date, a.day_status, a.measure, a.key, a.amount_minor, a.currency
from marts.agg_daily_close_out a
join marts.dim_location l on l.org_id = :org and l.location_id = a.location_id
where a.org_id = :org and a.business_date between :first and :until and a.location_id = any(:locations)
order by l.name, a.business_date, a.measure, a.key
