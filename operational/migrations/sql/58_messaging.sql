-- Messaging: what happens to visits is noted for the worker, and the directory's part for messengers.

-- One row per event of a visit at a location that writes about it by itself. Other locations pay a look-up.
create or replace function appointment_noticed() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into appointment_notice (
        org_id, id, appointment_id, location_id, history_id, event, scheduled_start, created_at
    )
    select h.org_id, h.id, h.appointment_id, h.location_id, h.id, h.event, h.scheduled_start, h.happened_at
    from added h
    join location_messaging m on m.org_id = h.org_id and m.location_id = h.location_id
    where h.event in ('booked', 'moved', 'items_changed', 'cancelled', 'late_cancelled', 'restored', 'undone')
      and h.scheduled_start > h.happened_at
      and cardinality(m.automatic) > 0;
    return null;
end $$;

create or replace trigger appointment_noticed after insert on appointment_history
    referencing new table as added
    for each statement execute function appointment_noticed();

-- Organizations with something to write: the worker visits no others.
create or replace function directory.organizations_with_messages(p_now timestamptz) returns table (org_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select distinct m.org_id from public.message m where m.status = 'scheduled' and m.due_at <= p_now
    union
    select distinct m.org_id from public.message m where m.status in ('claimed', 'unknown')
    union
    select distinct n.org_id from public.appointment_notice n
    union
    select distinct l.org_id from public.location_messaging l
$$;

-- Whose number a text was sent to. Locations of one organization may share it, two organizations may not.
create or replace function directory.sms_number(p_number text) returns table (org_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select distinct l.org_id from public.location_messaging l where l.sms_from = p_number
$$;

-- A messenger's report names the message it is about.
create or replace function directory.message(p_id uuid) returns table (org_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select m.org_id from public.message m where m.id = p_id
$$;

create index if not exists ix_message_id on public.message (id);

revoke all on function
    directory.organizations_with_messages(timestamptz),
    directory.sms_number(text),
    directory.message(uuid)
from public;
grant execute on function
    directory.organizations_with_messages(timestamptz),
    directory.sms_number(text),
    directory.message(uuid)
to medspa_app;
