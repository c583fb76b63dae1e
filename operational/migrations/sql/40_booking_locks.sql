-- Booking: locks on the subjects of a visit, and which of its claims are free. Writing is in 43.

-- Takes the transaction's locks of all subjects in the order of their keys, within one budget for all
-- of them (lock_timeout alone counts per lock). The next statement sees what earlier holders committed.
create or replace function booking_lock(p_subjects uuid[], p_budget_ms integer) returns void
language plpgsql set search_path = public, pg_temp as $$
declare
    v_org text := current_setting('medspa.org_id');
    v_until timestamptz := clock_timestamp() + make_interval(secs => p_budget_ms / 1000.0);
    v_before text := current_setting('lock_timeout');
    v_left integer;
    v_key bigint;
    v_waited boolean := false;
begin
    for v_key in
        select distinct hashtextextended(v_org || ':' || s, 0) from unnest(p_subjects) s order by 1
    loop
        if pg_try_advisory_xact_lock(v_key) then
            continue;
        end if;
        v_left := extract(epoch from v_until - clock_timestamp()) * 1000;
        if v_left <= 0 then
            raise exception 'the lock budget of a booking is spent' using errcode = 'lock_not_available';
        end if;
        perform set_config('lock_timeout', v_left || 'ms', true);
        v_waited := true;
        perform pg_advisory_xact_lock(v_key);
    end loop;
    if v_waited then
        perform set_config('lock_timeout', v_before, true);
    end if;
end $$;

-- The instant of a wall-clock time. Of a time shown twice, the first or the last; a skipped time moves
-- forward by the length of the gap.
create or replace function booking_instant(p_wall timestamp, p_timezone text, p_first boolean)
returns timestamptz language sql stable as $$
    select case
        when p_first and ((late - interval '1 hour') at time zone p_timezone) = p_wall then late - interval '1 hour'
        when p_first and ((late - interval '30 min') at time zone p_timezone) = p_wall then late - interval '30 min'
        else late
    end
    from (select p_wall at time zone p_timezone as late) t
$$;

-- The approved time off of a provider, room, device or location that overlaps [p_from, p_to).
create or replace function booking_off(p_subject uuid, p_from timestamptz, p_to timestamptz)
returns tstzmultirange language sql stable set search_path = public, pg_temp as $$
    select coalesce(range_agg(tstzrange(o.starts_at, o.ends_at)), '{}')
    from time_off o
    where o.subject_id = p_subject and o.status = 'approved' and o.ends_at > p_from and o.starts_at <= p_to
$$;

-- When a location is open between two instants: its hours, which may run past midnight into the next day,
-- without the time it is closed for.
create or replace function booking_open(p_location uuid, p_from timestamptz, p_to timestamptz)
returns tstzmultirange language sql stable set search_path = public, pg_temp as $$
    select coalesce(range_agg(tstzrange(
        booking_instant(d.day + make_interval(mins => h.opens_minute), l.timezone, true),
        booking_instant(d.day + make_interval(mins => h.closes_minute), l.timezone, false)
    )), '{}') - booking_off(p_location, p_from, p_to)
    from location l
    cross join lateral generate_series(
        date_trunc('day', p_from at time zone l.timezone) - interval '2 days',
        date_trunc('day', p_to at time zone l.timezone), interval '1 day'
    ) as d(day)
    join location_hours h
        on h.org_id = l.org_id and h.location_id = l.id and h.weekday = extract(isodow from d.day)::int - 1
    where l.id = p_location
$$;

-- The times of a client's visits at any location of the organization, and nothing else about them.
create or replace function booking_client_busy(p_client uuid, p_from timestamptz, p_to timestamptz, p_skip uuid)
returns tstzmultirange language sql stable security definer set search_path = public, pg_temp as $$
    select coalesce(range_agg(tstzrange(i.starts_at, i.ends_at)), '{}')
    from appointment a
    join appointment_item i on i.org_id = a.org_id and i.appointment_id = a.id
    where a.org_id = nullif(current_setting('medspa.org_id', true), '')::uuid and a.client_id = p_client
        and a.starts_at >= p_from - interval '24 hours' and a.starts_at < p_to and a.ends_at > p_from
        and a.status in ('booked', 'confirmed', 'arrived', 'completed') and a.id is distinct from p_skip
        and i.removed_at is null
$$;
revoke all on function booking_client_busy(uuid, timestamptz, timestamptz, uuid) from public;
grant execute on function booking_client_busy(uuid, timestamptz, timestamptz, uuid) to medspa_app;
