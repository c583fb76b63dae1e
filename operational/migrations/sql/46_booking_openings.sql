-- Booking: possible starts of a service over days, per provider, by the functions that check one start.

-- The shortest hands-on time that each of some providers can be booked for: less than it left over cannot be sold.
create or replace function booking_shortest(p_providers uuid[], p_location uuid)
returns table (provider uuid, minutes integer) language sql stable set search_path = public, pg_temp as $$
    select c.staff_id, min(coalesce(p.provider_minutes, s.provider_minutes))
    from credential c
    join service s on s.org_id = c.org_id and s.category_id = c.category_id and s.active
    left join provider_service p on p.org_id = c.org_id and p.staff_id = c.staff_id and p.service_id = s.id
    where c.staff_id = any (p_providers) and c.location_id = p_location and p.performs is not false
    group by c.staff_id
$$;

-- What one item of a visit asks for, each as spans of starts on the grid from p_zero on: the location open, the
-- client in no other visit, a provider on shift, a provider or resource calm. The caller meets them.
create or replace function booking_openings(
    p_location uuid, p_shape jsonb, p_providers uuid[], p_resources jsonb, p_client uuid,
    p_from timestamptz, p_to timestamptz, p_now timestamptz, p_skip uuid, p_zero timestamptz
) returns table (asked text, subject uuid, shortest integer, lows integer[], highs integer[])
language plpgsql stable set search_path = public, pg_temp as $$
declare
    v_shape booking_shape := jsonb_populate_record(null::booking_shape, p_shape);
    v_window tstzmultirange := tstzmultirange(tstzrange(p_from, p_to, '[]'));
begin
    return query
    select 'open', null::uuid, null::integer, g.lows, g.highs
    from booking_on_grid(v_window * booking_open_starts(p_location, v_shape, p_from, p_to), p_zero) g
    union all
    select 'client', null, null, g.lows, g.highs
    from booking_on_grid(
        v_window * booking_client_starts(p_client, v_shape, p_from, p_to, p_skip), p_zero) g
    where p_client is not null
    union all
    select 'shift', s.provider, coalesce(b.minutes, 1), s.lows, s.highs
    from booking_shift_starts(p_providers, p_location, v_shape, p_from, p_to, p_zero) s
    left join booking_shortest(p_providers, p_location) b on b.provider = s.provider
    union all
    select 'provider', c.subject, null, c.lows, c.highs
    from booking_calm_starts('provider', p_providers, v_shape, p_from, p_to, p_skip, p_now, p_zero) c
    union all
    select r.kind, c.subject, null, c.lows, c.highs
    from jsonb_to_recordset(p_resources) as r(kind text, ids uuid[])
    cross join lateral booking_calm_starts(r.kind, r.ids, v_shape, p_from, p_to, p_skip, p_now, p_zero) c;
end $$;

-- Whether a provider holds time at a location inside a span that none of their shifts there covers any more.
-- Under the provider's lock.
create or replace function booking_time_without_shift(
    p_staff uuid, p_location uuid, p_from timestamptz, p_to timestamptz
) returns boolean language sql volatile set search_path = public, pg_temp as $$
    with held as (
        select coalesce(range_agg(o.during), '{}') * tstzmultirange(tstzrange(p_from, p_to)) as time
        from occupancy o
        join appointment a on a.org_id = o.org_id and a.id = o.appointment_id and a.location_id = p_location
        where o.subject_kind = 'provider' and o.subject_id = p_staff and o.active and o.hard
            and a.status <> 'completed'
            and o.starts_at >= p_from - interval '24 hours' and o.starts_at < p_to and o.ends_at > p_from
    ), covered as (
        select coalesce(range_agg(tstzrange(s.starts_at, s.ends_at)), '{}') as time
        from shift s
        where s.staff_id = p_staff and s.location_id = p_location and s.active
            and s.starts_at >= p_from - interval '24 hours' and s.starts_at < p_to
    )
    select not isempty(held.time - covered.time) from held, covered
$$;
