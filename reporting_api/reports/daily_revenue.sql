-- Revenue lines of [first, until], already summed per day and dimension in the mart.
select r.business_date, l.name as location, r.day_status, r.kind, c.name as category, s.name as service,
       p.name as product, f.label as provider, cast(r.lines as bigint) as lines,
       r.gross_billed_minor, r.discount_minor, r.credit_memo_minor, r.net_billed_minor, r.tax_minor,
       r.recognised_minor, r.currency
from marts.agg_daily_revenue r
join marts.dim_location l on l.org_id = :org and l.location_id = r.location_id
left join marts.dim_treatment_category c on c.org_id = :org and c.category_id = r.category_id
left join marts.dim_service s on s.org_id = :org and s.service_id = r.service_id
left join marts.dim_product p on p.org_id = :org and p.product_id = r.product_id
left join marts.dim_staff f on f.org_id = :org and f.staff_id = r.provider_id
where r.org_id = :org and r.business_date between :first and :until and r.location_id = any(:locations)
order by r.business_date, l.name, r.kind, c.name, s.name, p.name, f.label, r.revenue_key
