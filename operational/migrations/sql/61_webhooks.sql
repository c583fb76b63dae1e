-- Webhooks: a row for every endpoint that is told of an event of a visit; the directory's part for feeds.

create or replace function webhook_appointment_changed() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into webhook_delivery (
        org_id, id, webhook_endpoint_id, history_id, appointment_id, location_id, event, happened_at, status,
        attempts, due_at, give_up_at, created_at
    )
    select h.org_id, gen_random_uuid(), e.id, h.id, h.appointment_id, h.location_id, h.event, h.happened_at,
        'pending', 0, h.happened_at, h.happened_at + interval '24 hours', h.happened_at
    from added h
    join webhook_endpoint e on e.org_id = h.org_id and e.active and h.event = any (e.events)
        and (e.location_id is null or e.location_id = h.location_id);
    return null;
end $$;

create or replace trigger webhook_appointment_changed after insert on appointment_history
    referencing new table as added
    for each statement execute function webhook_appointment_changed();

create or replace function directory.organizations_with_webhooks(p_now timestamptz) returns table (org_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select distinct d.org_id from public.webhook_delivery d where d.status = 'pending' and d.due_at <= p_now
$$;

create or replace function directory.calendar_feed(p_digest text) returns table (org_id uuid, feed_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select f.org_id, f.id from public.calendar_feed f
    join public.staff_member s on s.org_id = f.org_id and s.id = f.staff_id and s.active
    where f.token_digest = p_digest and f.revoked_at is null
$$;

revoke all on function
    directory.organizations_with_webhooks(timestamptz), directory.calendar_feed(text) from public;
grant execute on function
    directory.organizations_with_webhooks(timestamptz), directory.calendar_feed(text) to medspa_app;
