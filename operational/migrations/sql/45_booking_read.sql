-- Booking: what a visit shows beside its own row.

-- The items of visits, in one statement for all of them: a call per visit costs more than its items.
create or replace function booking_items_of(p_appointments uuid[])
returns table (appointment_id uuid, items jsonb)
language sql stable set search_path = public, pg_temp as $$
    with used as (
        select ir.appointment_item_id as item_id, jsonb_agg(jsonb_build_object(
            'row_id', ir.id, 'resource_id', ir.resource_id, 'kind', r.kind, 'tag', r.tag
        ) order by r.kind, r.tag) as resources
        from appointment_item i
        join appointment_item_resource ir on ir.org_id = i.org_id and ir.appointment_item_id = i.id
        join resource r on r.org_id = ir.org_id and r.id = ir.resource_id
        where i.appointment_id = any (p_appointments) and i.removed_at is null
        group by ir.appointment_item_id
    )
    select i.appointment_id, jsonb_agg(jsonb_build_object(
        'id', i.id, 'position', i.position, 'service_id', i.service_id, 'provider_id', i.provider_id,
        'starts_at', i.starts_at, 'provider_ends_at', i.provider_ends_at, 'ends_at', i.ends_at,
        'performed', i.performed, 'not_performed_reason', i.not_performed_reason,
        'resources', coalesce(u.resources, '[]')
    ) order by i.position)
    from appointment_item i
    left join used u on u.item_id = i.id
    where i.appointment_id = any (p_appointments) and i.removed_at is null
    group by i.appointment_id
$$;

-- By how many minutes a visit that still waits is delayed: a provider of it is still working on a visit
-- that should be over. Running late is never refused, it is shown.
-- The bound 24 hours back is worked out beforehand: as `starts_at - interval` in the condition it is not
-- leakproof, and row security then reads the provider's whole history.
create or replace function booking_late_minutes(p_appointment uuid, p_now timestamptz) returns integer
language plpgsql stable set search_path = public, pg_temp as $$
declare
    v_mine record;
    v_minutes integer := 0;
begin
    for v_mine in
        select i.org_id, i.provider_id, i.starts_at, i.starts_at - interval '24 hours' as since
        from appointment a
        join appointment_item i on i.org_id = a.org_id and i.appointment_id = a.id and i.removed_at is null
        where a.id = p_appointment and a.status in ('booked', 'confirmed', 'arrived') and i.starts_at < p_now
    loop
        if exists (
            select from appointment_item earlier
            join appointment b on b.org_id = earlier.org_id and b.id = earlier.appointment_id
            where earlier.org_id = v_mine.org_id and earlier.provider_id = v_mine.provider_id
                and earlier.starts_at >= v_mine.since and earlier.starts_at < v_mine.starts_at
                and earlier.provider_ends_at < p_now
                and earlier.removed_at is null and b.id <> p_appointment and b.status = 'arrived'
        ) then
            v_minutes := greatest(v_minutes, ceil(extract(epoch from p_now - v_mine.starts_at) / 60)::integer);
        end if;
    end loop;
    return v_minutes;
end $$;

-- A visit in full, as it stands in this transaction.
create or replace function booking_state(p_appointment uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
    select jsonb_build_object(
        'status', a.status, 'starts_at', a.starts_at, 'ends_at', a.ends_at, 'arrived_at', a.arrived_at,
        'completed_at', a.completed_at, 'cancelled_by', a.cancelled_by, 'items', coalesce(i.items, '[]')
    )
    from appointment a left join booking_items_of(array[p_appointment]) i on true where a.id = p_appointment
$$;

-- Each event of a visit's history keeps what the visit was after it: who changed what, and what undo returns to.
-- The app changes a visit before it writes the event. An imported visit has no earlier states.
create or replace function booking_keep_state() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
    insert into appointment_state (org_id, id, appointment_id, history_id, state, created_at)
    select new.org_id, new.id, a.id, new.id, booking_state(a.id), new.created_at
    from appointment a where a.id = new.appointment_id and a.source <> 'import';
    return null;
end $$;
drop trigger if exists keep_state on appointment_history;
create trigger keep_state after insert on appointment_history
    for each row execute function booking_keep_state();
