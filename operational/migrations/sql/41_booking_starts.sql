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

-- Starts for one provider. in_shift: hands-on time inside a shift. free: no hard claim of another visit.
-- calm: also clear of buffers and finishing, ours and theirs.
create or replace function booking_provider_starts(
    p_provider uuid, p_location uuid, p booking_shape, p_from timestamptz, p_to timestamptz, p_skip uuid,
    out in_shift tstzmultirange, out free tstzmultirange, out calm tstzmultirange
) language plpgsql stable set search_path = public, pg_temp as $$
declare
    v_hands interval := make_interval(mins => p.hands);
    v_before interval := make_interval(mins => p.before);
    v_total interval := booking_total(p);
    v_after interval := make_interval(mins => p.after);
    v_low timestamptz := p_from - v_before;
    v_high timestamptz := p_to + v_total + v_after;
    v_window tstzmultirange := tstzmultirange(tstzrange(v_low, v_high, '[]'));
    v_shifts tstzmultirange;
    v_busy record;
begin
    select coalesce(range_agg(tstzrange(s.starts_at, s.ends_at)), '{}') into v_shifts
    from shift s
    where s.staff_id = p_provider and s.location_id = p_location and s.active
        and s.starts_at >= v_low - interval '24 hours' and s.starts_at < v_high and s.ends_at > v_low;
    in_shift := booking_fit(v_shifts, '0', v_hands);
    if isempty(in_shift * tstzmultirange(tstzrange(p_from, p_to, '[]'))) then
        free := '{}';
        calm := '{}';
        return;
    end if;
    select * into v_busy from booking_busy('provider', p_provider, v_low, v_high, p_skip);
    free := booking_fit(v_window - v_busy.hard_busy, '0', v_hands);
    if p.finishing = 0 then
        calm := booking_fit(v_window - v_busy.all_busy, -v_before, v_hands + v_after);
    else
        calm := booking_fit(v_window - v_busy.all_busy, -v_before, v_hands)
            * booking_fit(v_window - v_busy.all_busy, v_total - make_interval(mins => p.finishing), v_total + v_after);
    end if;
end $$;

-- Starts for one room or device, which is held for the client's whole time.
create or replace function booking_resource_starts(
    p_kind text, p_resource uuid, p booking_shape, p_from timestamptz, p_to timestamptz, p_skip uuid,
    out free tstzmultirange, out calm tstzmultirange
) language plpgsql stable set search_path = public, pg_temp as $$
declare
    v_before interval := make_interval(mins => p.before);
    v_total interval := booking_total(p);
    v_after interval := make_interval(mins => p.after);
    v_low timestamptz := p_from - v_before;
    v_high timestamptz := p_to + v_total + v_after;
    v_window tstzmultirange := tstzmultirange(tstzrange(v_low, v_high, '[]'));
    v_busy record;
begin
    select * into v_busy from booking_busy(p_kind, p_resource, v_low, v_high, p_skip);
    free := booking_fit(v_window - v_busy.hard_busy, '0', v_total);
    calm := booking_fit(v_window - v_busy.all_busy, -v_before, v_total + v_after);
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
