-- Drawer sessions of [first, until], with the cash that moved in them.
select s.business_date, l.name as location, s.drawer_name as drawer, s.drawer_kind as kind, s.status,
       o.label as opened_by, c.label as closed_by, s.opening_float_minor,
       s.cash_received_minor + s.paid_in_minor as cash_in_minor,
       s.cash_paid_out_minor + s.movements_out_minor as cash_out_minor,
       s.expected_minor, s.counted_minor, s.over_short_minor, s.currency
from marts.fct_drawer_session s
join marts.dim_location l on l.org_id = :org and l.location_id = s.location_id
left join marts.dim_staff o on o.org_id = :org and o.staff_id = s.opened_by
left join marts.dim_staff c on c.org_id = :org and c.staff_id = s.closed_by
where s.org_id = :org and s.business_date between :first and :until and s.location_id = any(:locations)
order by s.business_date, l.name, s.drawer_name, s.opened_at, s.drawer_session_id
