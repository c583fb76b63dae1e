-- Booking: at which instants an item may start. Availability lists them over days; booking asks about one.

-- Shape of an item, in minutes from its start: hands-on [0, hands), processing (provider free),
-- finishing, and soft buffers around the whole.
do $$ begin
    if to_regtype('public.booking_shape') is null then
        create type public.booking_shape as (
            hands integer, processing integer, finishing integer, before integer, after integer
        );
    end if;
end $$;

create or replace function booking_total(p booking_shape) returns interval language sql immutable as $$
    select make_interval(mins => p.hands + p.processing + p.finishing)
$$;

-- The starts t for which [t + p_from, t + p_until) lies inside one range.
create or replace function booking_fit(p_inside tstzmultirange, p_from interval, p_until interval)
returns tstzmultirange language sql immutable as $$
    select coalesce(range_agg(tstzrange(lower(r) - p_from, upper(r) - p_until, '[]')), '{}')
    from unnest(p_inside) r
    where lower(r) - p_from <= upper(r) - p_until
$$;

-- Starts for each of some subjects; asked about one instant, also what other visits than p_skip hold of them.
-- calm: clear of all claims, also of buffers and finishing, ours and theirs, and of time off; therefore free
-- of hard claims. away: approved time off.
-- A provider is engaged before, while hands-on, while finishing and after; a room or device all the time.
-- One statement for all subjects: a call per subject costs five times as much. A claim is at most 24 hours
-- long (checked), so the search needs only the btree on starts_at: && is not leakproof under row security.
-- What an expired hold kept is free. p_skip is the visit or the hold whose own claims do not count.
create or replace function booking_calm_starts(
    p_kind text, p_subjects uuid[], p booking_shape, p_from timestamptz, p_to timestamptz, p_skip uuid,
    p_now timestamptz
) returns table (subject uuid, hard_busy tstzmultirange, away tstzmultirange, calm tstzmultirange)
language plpgsql stable set search_path = public, pg_temp as $$
declare
    v_before interval := make_interval(mins => p.before);
    v_after interval := make_interval(mins => p.after);
    v_total interval := booking_total(p);
    v_low timestamptz := p_from - v_before;
    v_high timestamptz := p_to + v_total + v_after;
    v_window tstzmultirange := tstzmultirange(tstzrange(v_low, v_high, '[]'));
    v_split boolean := p_kind = 'provider' and p.finishing > 0;
    v_until interval := case
        when p_kind <> 'provider' then v_total + v_after
        when v_split then make_interval(mins => p.hands)
        else make_interval(mins => p.hands) + v_after
    end;
begin
    return query
    with busy as materialized (
        select o.subject_id as id, range_agg(o.during) as every,
            range_agg(o.during) filter (where o.hard and p_from = p_to) as hard
        from occupancy o
        where o.subject_kind = p_kind and o.subject_id = any (p_subjects)
            and o.starts_at >= v_low - interval '24 hours' and o.starts_at < v_high and o.ends_at > v_low
            and o.active and coalesce(o.appointment_id, o.hold_id) is distinct from p_skip
            and (o.expires_at is null or o.expires_at > p_now)
        group by o.subject_id
    ), off as materialized (
        select t.subject_id as id, range_agg(tstzrange(t.starts_at, t.ends_at)) as time
        from time_off t
        where t.subject_id = any (p_subjects) and t.status = 'approved'
            and t.ends_at > v_low and t.starts_at < v_high
        group by t.subject_id
    ), taken as materialized (
        select s.id, coalesce(b.hard, '{}') as hard, coalesce(o.time, '{}') as time_off,
            v_window - coalesce(b.every, '{}') - coalesce(o.time, '{}') as clear
        from unnest(p_subjects) s(id) left join busy b using (id) left join off o using (id)
    )
    select t.id, t.hard, t.time_off, f.starts
    from taken t
    cross join lateral (
        select coalesce(range_agg(tstzrange(lower(r) + v_before, upper(r) - v_until, '[]')), '{}') as starts
        from unnest(t.clear) r
        where lower(r) + v_before <= upper(r) - v_until
    ) f
    where not v_split
    union all
    select t.id, t.hard, t.time_off, booking_fit(t.clear, -v_before, v_until)
        * booking_fit(t.clear, v_total - make_interval(mins => p.finishing), v_total + v_after)
    from taken t
    where v_split;
end $$;

-- Starts at which the location is open for the client's whole time.
create or replace function booking_open_starts(
    p_location uuid, p booking_shape, p_from timestamptz, p_to timestamptz
) returns tstzmultirange language sql stable set search_path = public, pg_temp as $$
    select booking_fit(booking_open(p_location, p_from, p_to + booking_total(p)), '0', booking_total(p))
$$;

-- Starts at which the client is in no other visit.
create or replace function booking_client_starts(
    p_client uuid, p booking_shape, p_from timestamptz, p_to timestamptz, p_skip uuid
) returns tstzmultirange language sql stable set search_path = public, pg_temp as $$
    select booking_fit(
        tstzmultirange(tstzrange(p_from, p_to + booking_total(p), '[]'))
            - booking_client_busy(p_client, p_from, p_to + booking_total(p), p_skip),
        '0', booking_total(p)
    )
$$;
