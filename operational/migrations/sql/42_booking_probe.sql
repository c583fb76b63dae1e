-- Booking: what a visit needs (configuration, read before the locks) and what is free (read under them).

-- Location, services with their needs, who may perform them, and every resource that could serve.
create or replace function booking_setup(
    p_location uuid, p_services uuid[], p_providers uuid[], p_resources uuid[]
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

-- Locks every candidate subject, then says what is free for each item of a visit. Each statement of this
-- function has a snapshot of its own (READ COMMITTED), so what follows the locks sees all earlier visits.
create or replace function booking_probe(
    p_location uuid, p_client uuid, p_skip uuid, p_subjects uuid[], p_items jsonb, p_budget_ms integer,
    p_now timestamptz
) returns jsonb language plpgsql volatile set search_path = public, pg_temp as $$
declare
    v_item record;
    v_client jsonb;
    v_answers jsonb := '[]';
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'booking needs READ COMMITTED' using errcode = 'invalid_transaction_state';
    end if;
    perform booking_lock(p_subjects, p_budget_ms);
    -- Nobody else touches the claims of these subjects now; left active, they would hit the constraint.
    update occupancy set active = false
    where subject_id = any (p_subjects) and active and hold_id is not null and expires_at <= p_now;
    select jsonb_build_object('flags', c.flags, 'merged', c.merged_into_id is not null) into v_client
    from client c where c.id = p_client;
    for v_item in
        select x.starts_at, x.shape, x.providers, x.pools
        from jsonb_to_recordset(p_items)
            as x(starts_at timestamptz, shape booking_shape, providers uuid[], pools jsonb)
    loop
        v_answers := v_answers || jsonb_build_object(
            'open', v_item.starts_at <@ booking_open_starts(
                p_location, v_item.shape, v_item.starts_at, v_item.starts_at),
            'client_calm', v_item.starts_at <@ booking_client_starts(
                p_client, v_item.shape, v_item.starts_at, v_item.starts_at, p_skip),
            'providers', (
                select coalesce(jsonb_agg(jsonb_build_object('id', c.subject,
                    'in_shift', v_item.starts_at <@ coalesce(s.in_shift, '{}'),
                    'free', not c.hard_busy && tstzrange(
                        v_item.starts_at, v_item.starts_at + make_interval(mins => (v_item.shape).hands)),
                    'calm', v_item.starts_at <@ c.calm)), '[]')
                from booking_calm_starts('provider', v_item.providers, v_item.shape,
                    v_item.starts_at, v_item.starts_at, p_skip, p_now) c
                left join booking_shift_starts(v_item.providers, p_location, v_item.shape,
                    v_item.starts_at, v_item.starts_at) s on s.provider = c.subject
            ),
            'resources', (
                select coalesce(jsonb_agg(jsonb_build_object('id', c.subject,
                    'free', not c.hard_busy && tstzrange(
                        v_item.starts_at, v_item.starts_at + booking_total(v_item.shape)),
                    'calm', v_item.starts_at <@ c.calm)), '[]')
                from jsonb_to_recordset(v_item.pools) as r(kind text, ids uuid[])
                cross join lateral booking_calm_starts(r.kind, r.ids, v_item.shape,
                    v_item.starts_at, v_item.starts_at, p_skip, p_now) c
            )
        );
    end loop;
    return jsonb_build_object('client', v_client, 'items', v_answers);
end $$;
