-- Due from locations (1900) = due to locations (2900), always, over the organization.
select org_id, null::uuid as location_id, null::date as business_date, 'between locations' as subject,
    coalesce(sum(amount_minor) filter (where account = '1900'), 0)::bigint as left_minor,
    coalesce(-sum(amount_minor) filter (where account = '2900'), 0)::bigint as right_minor
from build.fct_posting
where account in ('1900', '2900')
group by org_id
