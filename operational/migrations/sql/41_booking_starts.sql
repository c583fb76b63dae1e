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

-- A multirange of starts as closed spans of whole units of five minutes, counted from p_zero: as instants they
-- cost more to hand over than to find. Counted from a start itself, zero lies in one of them if it is a start.
create or replace function booking_on_grid(p_starts tstzmultirange, p_zero timestamptz)
returns table (lows integer[], highs integer[]) language sql stable as $$
    select coalesce(array_agg(ceil(date_part('epoch', lower(r) - p_zero) / 300)::integer), '{}'),
        coalesce(array_agg(floor(date_part('epoch', upper(r) - p_zero) / 300)::integer), '{}')
    from unnest(p_starts) r
$$;

-- Whether the start that the spans are counted from is one of them.
create or replace function booking_may_start(p_lows integer[], p_highs integer[]) returns boolean
language sql immutable as $$
    select coalesce(bool_or(low <= 0 and high >= 0), false) from unnest(p_lows, p_highs) as span(low, high)
$$;

-- Starts for each of some subjects as spans on the grid: calm, that is clear of all claims, also of buffers and
-- finishing, ours and theirs, and of time off; therefore free of hard claims.
-- busy, away: whether a hard claim or approved time off stands in the way of a start at p_from.
-- A provider is engaged before, while hands-on, while finishing and after; a room or device all the time.
-- A claim [a, b) keeps what lasts from t + begins until t + ends from starting in (a - ends, b - begins).
-- One statement for all subjects: a call per subject costs five times as much. A claim is at most 24 hours
-- long (checked), so the search needs only the btree on starts_at: && is not leakproof under row security.
-- What an expired hold kept is free. p_skip is the visit or the hold whose own claims do not count.
create or replace function booking_calm_starts(
    p_kind text, p_subjects uuid[], p booking_shape, p_from timestamptz, p_to timestamptz, p_skip uuid,
    p_now timestamptz, p_zero timestamptz
) returns table (subject uuid, busy boolean, away boolean, lows integer[], highs integer[])
language plpgsql stable set search_path = public, pg_temp as $$
declare
    v_before interval := make_interval(mins => p.before);
    v_after interval := make_interval(mins => p.after);
    v_total interval := booking_total(p);
    v_low timestamptz := p_from - v_before;
    v_high timestamptz := p_to + v_total + v_after;
    v_split boolean := p_kind = 'provider' and p.finishing > 0;
    v_hands interval := case when p_kind = 'provider' then make_interval(mins => p.hands) else v_total end;
    v_until interval := case when v_split then v_hands else v_hands + v_after end;
    v_finishing interval := v_total - make_interval(mins => p.finishing);
    v_window tstzmultirange := tstzmultirange(tstzrange(p_from, p_to, '[]'));
    v_at tstzrange := case when p_from = p_to then tstzrange(p_from, p_from + v_hands) else 'empty' end;
begin
    return query
    with taken as materialized (
        select o.subject_id as id, bool_or(o.hard and o.during && v_at) as busy,
            range_agg(tstzrange(o.starts_at - v_until, o.ends_at + v_before, '()')) as hands_on,
            range_agg(tstzrange(o.starts_at - v_total - v_after, o.ends_at - v_finishing, '()'))
                filter (where v_split) as finishing
        from occupancy o
        where o.subject_kind = p_kind and o.subject_id = any (p_subjects)
            and o.starts_at >= v_low - interval '24 hours' and o.starts_at < v_high and o.ends_at > v_low
            and o.active and coalesce(o.appointment_id, o.hold_id) is distinct from p_skip
            and (o.expires_at is null or o.expires_at > p_now)
        group by o.subject_id
    ), off as materialized (
        select t.subject_id as id, bool_or(tstzrange(t.starts_at, t.ends_at) && v_at) as away,
            range_agg(tstzrange(t.starts_at - v_until, t.ends_at + v_before, '()')) as hands_on,
            range_agg(tstzrange(t.starts_at - v_total - v_after, t.ends_at - v_finishing, '()'))
                filter (where v_split) as finishing
        from time_off t
        where t.subject_id = any (p_subjects) and t.status = 'approved'
            and t.ends_at > v_low and t.starts_at < v_high
        group by t.subject_id
    )
    select s.id, coalesce(t.busy, false), coalesce(o.away, false), g.lows, g.highs
    from unnest(p_subjects) s(id) left join taken t using (id) left join off o using (id)
    cross join lateral booking_on_grid(
        v_window - coalesce(t.hands_on, '{}') - coalesce(t.finishing, '{}')
            - coalesce(o.hands_on, '{}') - coalesce(o.finishing, '{}'), p_zero) g;
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
