-- Booking: what is free for a visit, read under its locks. Configuration is read before, in 47.

-- Starts on the grid at which each of some providers has hands-on time inside a shift at the location.
create or replace function booking_shift_starts(
    p_providers uuid[], p_location uuid, p booking_shape, p_from timestamptz, p_to timestamptz, p_zero timestamptz
) returns table (provider uuid, lows integer[], highs integer[])
language plpgsql stable set search_path = public, pg_temp as $$
declare
    v_hands interval := make_interval(mins => p.hands);
begin
    return query
    with merged as materialized (
        select s.staff_id as id, range_agg(tstzrange(s.starts_at, s.ends_at)) as time
        from shift s
        where s.staff_id = any (p_providers) and s.location_id = p_location and s.active
            and s.starts_at >= p_from - interval '24 hours' and s.starts_at < p_to + v_hands
            and s.ends_at > p_from
        group by s.staff_id
    )
    select m.id, array_agg(ceil(date_part('epoch', x.low - p_zero) / 300)::integer),
        array_agg(floor(date_part('epoch', x.high - p_zero) / 300)::integer)
    from merged m
    cross join lateral unnest(m.time) r
    cross join lateral (select greatest(lower(r), p_from) as low, least(upper(r) - v_hands, p_to) as high) x
    where x.low <= x.high
    group by m.id;
end $$;

-- Minutes that each of some providers is booked on the local day of an instant.
create or replace function booking_load(p_providers uuid[], p_location uuid, p_at timestamptz)
returns table (provider uuid, minutes integer)
language plpgsql stable set search_path = public, pg_temp as $$
declare
    v_from timestamptz;
    v_to timestamptz;
begin
    select booking_instant(d.day, l.timezone, true), booking_instant(d.day + interval '1 day', l.timezone, true)
    into v_from, v_to
    from location l cross join lateral (select date_trunc('day', p_at at time zone l.timezone) as day) d
    where l.id = p_location;
    return query
    select o.subject_id,
        (sum(extract(epoch from least(o.ends_at, v_to) - greatest(o.starts_at, v_from))) / 60)::integer
    from occupancy o
    where o.subject_kind = 'provider' and o.subject_id = any (p_providers) and o.active and o.hard
        and o.starts_at >= v_from - interval '24 hours' and o.starts_at < v_to and o.ends_at > v_from
    group by o.subject_id;
end $$;

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
    v_choice uuid[];
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
        -- How busy a day is matters only where there is a choice.
        v_choice := case when cardinality(v_item.providers) > 1 then v_item.providers else '{}' end;
        v_answers := v_answers || jsonb_build_object(
            'open', v_item.starts_at <@ booking_open_starts(
                p_location, v_item.shape, v_item.starts_at, v_item.starts_at),
            'closed_for', (
                select t.reason from time_off t
                where t.subject_id = p_location and t.status = 'approved' and t.ends_at > v_item.starts_at
                    and t.starts_at < v_item.starts_at + booking_total(v_item.shape)
                limit 1
            ),
            'client_calm', v_item.starts_at <@ booking_client_starts(
                p_client, v_item.shape, v_item.starts_at, v_item.starts_at, p_skip),
            'providers', (
                select coalesce(jsonb_agg(jsonb_build_object('id', c.subject,
                    'in_shift', booking_may_start(s.lows, s.highs),
                    'away', c.away, 'free', not c.busy,
                    'calm', booking_may_start(c.lows, c.highs), 'minutes', coalesce(l.minutes, 0))), '[]')
                from booking_calm_starts('provider', v_item.providers, v_item.shape,
                    v_item.starts_at, v_item.starts_at, p_skip, p_now, v_item.starts_at) c
                left join booking_shift_starts(v_item.providers, p_location, v_item.shape,
                    v_item.starts_at, v_item.starts_at, v_item.starts_at) s on s.provider = c.subject
                left join booking_load(v_choice, p_location, v_item.starts_at) l on l.provider = c.subject
            ),
            'resources', (
                select coalesce(jsonb_agg(jsonb_build_object('id', c.subject,
                    'away', c.away, 'free', not c.busy, 'calm', booking_may_start(c.lows, c.highs))), '[]')
                from jsonb_to_recordset(v_item.pools) as r(kind text, ids uuid[])
                cross join lateral booking_calm_starts(r.kind, r.ids, v_item.shape,
                    v_item.starts_at, v_item.starts_at, p_skip, p_now, v_item.starts_at) c
            )
        );
    end loop;
    return jsonb_build_object('client', v_client, 'items', v_answers);
end $$;
