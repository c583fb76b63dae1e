-- Booking: writes a visit with its items, resources and claims: all of them or none.

-- The claims of a visit or of a hold, in one order.
create or replace function booking_claim(
    p_claims jsonb, p_appointment uuid, p_hold uuid, p_expires_at timestamptz, p_now timestamptz
) returns void language sql volatile set search_path = public, pg_temp as $$
    insert into occupancy (
        org_id, id, appointment_id, hold_id, expires_at, subject_kind, subject_id, during, starts_at, ends_at,
        hard, active, created_at
    )
    select current_setting('medspa.org_id')::uuid, c.id, p_appointment, p_hold, p_expires_at, c.subject_kind,
        c.subject_id, tstzrange(c.starts_at, c.ends_at, '[)'), c.starts_at, c.ends_at, c.hard, true, p_now
    from jsonb_to_recordset(p_claims) as c(
        id uuid, subject_kind text, subject_id uuid, starts_at timestamptz, ends_at timestamptz, hard boolean
    )
    order by c.subject_kind, c.subject_id, c.starts_at;
$$;

-- Puts out what a hold claims; what it kept is booked or free afterwards. Under the locks of its subjects.
create or replace function booking_end_hold(p_hold uuid, p_status text, p_appointment uuid) returns void
language sql volatile set search_path = public, pg_temp as $$
    update occupancy set active = false where hold_id = p_hold and active;
    update hold set status = p_status, appointment_id = p_appointment where id = p_hold;
$$;

-- Keeps time until it expires. One document, one round trip. The caller holds the locks.
create or replace function booking_hold(p jsonb) returns void
language plpgsql volatile set search_path = public, pg_temp as $$
declare
    v_org uuid := current_setting('medspa.org_id')::uuid;
    v_id uuid := p ->> 'id';
    v_now timestamptz := p ->> 'now';
    v_expires timestamptz := p ->> 'expires_at';
begin
    insert into hold (org_id, id, location_id, starts_at, ends_at, expires_at, status, source, held_by, created_at)
    values (
        v_org, v_id, (p ->> 'location_id')::uuid, (p ->> 'starts_at')::timestamptz, (p ->> 'ends_at')::timestamptz,
        v_expires, 'held', p ->> 'source', (p ->> 'staff_id')::uuid, v_now
    );
    perform booking_claim(p -> 'claims', null, v_id, v_expires, v_now);
end $$;

-- One document, one round trip. A visit that exists is moved: its claims are released before the new ones
-- are made. Nothing is deleted. Returns the visit's version.
create or replace function booking_write(p jsonb) returns integer
language plpgsql volatile set search_path = public, pg_temp as $$
declare
    v_org uuid := current_setting('medspa.org_id')::uuid;
    v_id uuid := p ->> 'id';
    v_now timestamptz := p ->> 'now';
    v_version integer;
begin
    if (p ->> 'is_new')::boolean then
        insert into appointment (
            org_id, id, client_id, location_id, starts_at, ends_at, business_date, status, source, booked_at,
            booked_by, follow_up_of_id, rescheduled_from_id, created_at
        ) values (
            v_org, v_id, (p ->> 'client_id')::uuid, (p ->> 'location_id')::uuid,
            (p ->> 'starts_at')::timestamptz, (p ->> 'ends_at')::timestamptz, (p ->> 'business_date')::date,
            'booked', p ->> 'source', v_now, (p ->> 'staff_id')::uuid, (p ->> 'follow_up_of_id')::uuid,
            (p ->> 'rescheduled_from_id')::uuid, v_now
        ) returning version into v_version;
        if p ->> 'hold_id' is not null then
            perform booking_end_hold((p ->> 'hold_id')::uuid, 'booked', v_id);
        end if;
    else
        update occupancy set active = false where appointment_id = v_id and active;
        update appointment set
            starts_at = (p ->> 'starts_at')::timestamptz, ends_at = (p ->> 'ends_at')::timestamptz,
            business_date = (p ->> 'business_date')::date, status = p ->> 'status',
            arrived_at = (p ->> 'arrived_at')::timestamptz, cancelled_at = null, cancelled_by = null
        where id = v_id
        returning version into strict v_version;
    end if;
    insert into appointment_item (
        org_id, id, appointment_id, position, service_id, provider_id, starts_at, provider_ends_at, ends_at,
        performed, created_at
    )
    select v_org, i.id, v_id, i.position, i.service_id, i.provider_id, i.starts_at, i.provider_ends_at,
        i.ends_at, false, v_now
    from jsonb_to_recordset(p -> 'items') as i(
        id uuid, position smallint, service_id uuid, provider_id uuid, starts_at timestamptz,
        provider_ends_at timestamptz, ends_at timestamptz
    )
    on conflict (org_id, id) do update set
        provider_id = excluded.provider_id, starts_at = excluded.starts_at,
        provider_ends_at = excluded.provider_ends_at, ends_at = excluded.ends_at, removed_at = null;
    -- An item that is not named any more was taken off; undoing that names it again.
    if not (p ->> 'is_new')::boolean then
        update appointment_item set removed_at = v_now
        where appointment_id = v_id and removed_at is null
            and id not in (select (i ->> 'id')::uuid from jsonb_array_elements(p -> 'items') i);
    end if;
    insert into appointment_item_resource (org_id, id, appointment_item_id, resource_id, created_at)
    select v_org, r.id, r.item_id, r.resource_id, v_now
    from jsonb_to_recordset(p -> 'resources') as r(id uuid, item_id uuid, resource_id uuid)
    on conflict (org_id, id) do update set resource_id = excluded.resource_id;
    perform booking_claim(p -> 'claims', v_id, null, null, v_now);
    insert into appointment_history (
        org_id, id, appointment_id, location_id, event, happened_at, business_date, scheduled_start, staff_id,
        override, reason, created_at
    ) values (
        v_org, (p ->> 'history_id')::uuid, v_id, (p ->> 'location_id')::uuid, p ->> 'event', v_now,
        (p ->> 'today')::date, (p ->> 'starts_at')::timestamptz, (p ->> 'staff_id')::uuid, p ->> 'override',
        p ->> 'reason', v_now
    );
    return v_version;
end $$;
