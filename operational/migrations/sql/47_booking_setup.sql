-- Booking: what configuration says about a visit, read in one round trip before the locks.

-- What the rules of services mean for one client: from and until which date their age fits, in which spans
-- each prerequisite is fresh, how long the service takes with them. Neither age nor treatments are told.
create or replace function booking_client_rules(p_client uuid, p_services uuid[]) returns jsonb
language sql stable security definer set search_path = public, pg_temp as $$
    with mine as (
        select c.org_id, c.id, c.birth_date from client c
        where c.org_id = nullif(current_setting('medspa.org_id', true), '')::uuid and c.id = p_client
    )
    select coalesce(jsonb_object_agg(s.id, jsonb_build_object(
        'age_known', c.birth_date is not null,
        'old_enough_on', (c.birth_date + make_interval(years => r.min_age))::date,
        'too_old_on', (c.birth_date + make_interval(years => r.max_age + 1))::date,
        -- Which records are the person's is asked only where a time of their own may be.
        'minutes', case when exists (select from client_duration d where (d.org_id, d.service_id) = (s.org_id, s.id))
        then (
            select d.minutes from client_duration d
            where d.org_id = s.org_id and d.service_id = s.id
                and d.client_id = any (client_records_of(c.org_id, c.id))
            order by d.created_at desc, d.id desc limit 1
        ) end,
        'prerequisites', (
            select coalesce(jsonb_agg((
                select coalesce(jsonb_agg(jsonb_build_array(
                    i.ends_at + make_interval(hours => q.after_hours),
                    i.ends_at + make_interval(days => q.within_days))), '[]')
                from appointment a
                join appointment_item i on i.org_id = a.org_id and i.appointment_id = a.id
                join service done on done.org_id = i.org_id and done.id = i.service_id
                where a.org_id = c.org_id and a.client_id = c.id and a.status = 'completed' and i.performed
                    and (done.id = q.required_service_id or done.category_id = q.required_category_id)
            )), '[]')
            from service_prerequisite q where q.org_id = s.org_id and q.service_id = s.id
        )
    )), '{}')
    from mine c
    join service s on s.org_id = c.org_id and s.id = any (p_services)
    left join booking_rule r on r.org_id = s.org_id and r.service_id = s.id
$$;
revoke all on function booking_client_rules(uuid, uuid[]) from public;
grant execute on function booking_client_rules(uuid, uuid[]) to medspa_app;

-- Location, services with their needs, who may perform them, and every resource that could serve.
create or replace function booking_setup(
    p_location uuid, p_services uuid[], p_providers uuid[], p_resources uuid[], p_client uuid
) returns jsonb language sql stable set search_path = public, pg_temp as $$
    select jsonb_build_object(
        'location', (
            select jsonb_build_object('timezone', l.timezone, 'cutover_hour', l.cutover_hour,
                'notice_minutes', l.notice_minutes, 'active', l.active)
            from location l where l.id = p_location
        ),
        'services', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'id', s.id, 'category_id', s.category_id, 'active', s.active,
                'hands', s.provider_minutes, 'processing', s.processing_minutes,
                'finishing', s.finishing_minutes, 'before', s.buffer_before_minutes,
                'after', s.buffer_after_minutes,
                'rule', (
                    select jsonb_build_object('lead_minutes', r.lead_minutes, 'horizon_days', r.horizon_days,
                        'slot_minutes', r.slot_minutes, 'limits_age', r.min_age is not null or r.max_age is not null,
                        'online', r.online, 'shares_processing', r.shares_processing)
                    from booking_rule r where r.service_id = s.id
                ),
                'needs', (
                    select coalesce(jsonb_agg(jsonb_build_object('kind', n.kind, 'tag', n.tag)
                        order by n.kind, n.tag), '[]')
                    from service_resource n where n.service_id = s.id
                )
            )), '[]')
            from service s where s.id = any (p_services)
        ),
        'staff', (
            select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'provides', m.active and m.is_provider)), '[]')
            from staff_member m where m.id = any (p_providers)
        ),
        'credentials', (
            select coalesce(jsonb_agg(jsonb_build_object('staff_id', c.staff_id, 'category_id', c.category_id,
                'valid_from', c.valid_from, 'valid_until', c.valid_until) order by c.staff_id), '[]')
            from credential c
            join staff_member m on m.org_id = c.org_id and m.id = c.staff_id and m.active and m.is_provider
            where c.location_id = p_location
                and c.category_id in (select s.category_id from service s where s.id = any (p_services))
        ),
        'performers', (
            select coalesce(jsonb_agg(jsonb_build_object('staff_id', p.staff_id, 'service_id', p.service_id,
                'performs', p.performs, 'hands', p.provider_minutes, 'processing', p.processing_minutes,
                'finishing', p.finishing_minutes, 'rank', p.rank)), '[]')
            from provider_service p where p.service_id = any (p_services)
        ),
        'client', case when p_client is not null then booking_client_rules(p_client, p_services) end,
        'resources', (
            select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'kind', r.kind, 'tag', r.tag,
                'active', r.active) order by r.kind, r.name), '[]')
            from resource r
            where r.location_id = p_location
                and (r.kind, r.tag) in (
                    select n.kind, n.tag from service_resource n where n.service_id = any (p_services)
                    union
                    select o.kind, o.tag from resource o where o.id = any (p_resources)
                )
        )
    )
$$;

-- The visits that wait and hold time of a provider, room or device in a span, or of a whole location, by start.
create or replace function booking_visits_in(
    p_kind text, p_subject uuid, p_location uuid, p_from timestamptz, p_to timestamptz
) returns uuid[] language sql volatile set search_path = public, pg_temp as $$
    select array_agg(a.id order by a.starts_at, a.id)
    from appointment a
    where a.status in ('booked', 'confirmed', 'arrived')
        and a.starts_at >= p_from - interval '24 hours' and a.starts_at < p_to and a.ends_at > p_from
        and case when p_kind = 'location' then a.location_id = p_location else exists (
            select from occupancy o
            where o.appointment_id = a.id and o.active and o.hard and o.subject_kind = p_kind
                and o.subject_id = p_subject and o.starts_at < p_to and o.ends_at > p_from
        ) end
$$;
