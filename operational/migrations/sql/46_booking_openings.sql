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

-- Spans in whole units of five minutes from p_zero on: as instants they cost more to hand over than to find.
create or replace function booking_openings(
    p_location uuid, p_shape jsonb, p_providers uuid[], p_pools jsonb, p_client uuid,
    p_from timestamptz, p_to timestamptz, p_now timestamptz, p_skip uuid, p_zero timestamptz
) returns table (provider uuid, shortest integer, lows integer[], highs integer[])
language plpgsql stable set search_path = public, pg_temp as $$
declare
    v_shape booking_shape := jsonb_populate_record(null::booking_shape, p_shape);
    v_possible tstzmultirange := tstzmultirange(tstzrange(p_from, p_to, '[)'));
    v_pool record;
begin
    v_possible := v_possible * booking_open_starts(p_location, v_shape, p_from, p_to);
    if p_client is not null then
        v_possible := v_possible * booking_client_starts(p_client, v_shape, p_from, p_to, p_skip);
    end if;
    -- Any one of a pool will do: the union of its members' starts.
    for v_pool in select x.kind, x.ids from jsonb_to_recordset(p_pools) as x(kind text, ids uuid[]) loop
        select v_possible * coalesce(range_agg(c.calm), '{}') into v_possible
        from booking_calm_starts(v_pool.kind, v_pool.ids, v_shape, p_from, p_to, p_skip, p_now) c;
    end loop;
    if isempty(v_possible) then
        return;
    end if;
    return query
    select c.subject, coalesce(min(b.minutes), 1), array_agg(n.low), array_agg(n.high)
    from booking_calm_starts('provider', p_providers, v_shape, p_from, p_to, p_skip, p_now) c
    join booking_shift_starts(p_providers, p_location, v_shape, p_from, p_to) s on s.provider = c.subject
    left join booking_shortest(p_providers, p_location) b on b.provider = c.subject
    cross join lateral unnest(v_possible * s.in_shift * c.calm) r
    cross join lateral (
        select ceil(date_part('epoch', lower(r) - p_zero) / 300)::integer as low,
            floor(date_part('epoch', upper(r) - p_zero) / 300)::integer as high
    ) n
    where n.low <= n.high
    group by c.subject;
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
