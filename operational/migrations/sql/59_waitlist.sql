-- Waitlist: what may have freed time is noted for the worker, at locations where somebody waits.

create or replace function waitlist_may_look(p_org uuid, p_location uuid, p_now timestamptz) returns void
language sql volatile security definer set search_path = public, pg_temp as $$
    insert into waitlist_look (org_id, id, location_id, created_at)
    select p_org, gen_random_uuid(), p_location, p_now
    where exists (
        select from waitlist_entry w
        where w.org_id = p_org and w.location_id = p_location and w.status = 'waiting'
    )
$$;
revoke all on function waitlist_may_look(uuid, uuid, timestamptz) from public;

create or replace function waitlist_visit_changed() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform waitlist_may_look(h.org_id, h.location_id, max(h.happened_at))
    from added h
    where h.event in ('cancelled', 'late_cancelled', 'no_show', 'moved', 'items_changed', 'undone')
    group by h.org_id, h.location_id
    order by h.org_id, h.location_id;
    return null;
end $$;

create or replace trigger waitlist_visit_changed after insert on appointment_history
    referencing new table as added
    for each statement execute function waitlist_visit_changed();

create or replace function waitlist_shift_changed() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform waitlist_may_look(new.org_id, new.location_id, new.created_at);
    return null;
end $$;

create or replace trigger waitlist_shift_changed after insert or update on shift
    for each row execute function waitlist_shift_changed();

-- An absence that ended early; of a provider it may have been at any location.
create or replace function waitlist_time_off_ended() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform waitlist_may_look(new.org_id, w.location_id, new.created_at)
    from (
        select distinct e.location_id from waitlist_entry e
        where e.org_id = new.org_id and e.status = 'waiting'
            and (new.subject_kind = 'provider' or e.location_id = new.location_id)
    ) w;
    return null;
end $$;

create or replace trigger waitlist_time_off_ended after update on time_off
    for each row when (old.status = 'approved' and new.status <> 'approved')
    execute function waitlist_time_off_ended();

create or replace function waitlist_entry_added() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform waitlist_may_look(new.org_id, new.location_id, new.created_at);
    return null;
end $$;

-- Of who joined by themselves when it is known who they are (online/waiting.py).
create or replace trigger waitlist_entry_added after insert on waitlist_entry
    for each row when (new.added_by is not null) execute function waitlist_entry_added();

-- Organizations whose waitlist wants looking through, or with an offer that has run out.
create or replace function directory.organizations_with_waitlist(p_now timestamptz) returns table (org_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select distinct l.org_id from public.waitlist_look l
    union
    select distinct o.org_id from public.waitlist_offer o where o.status = 'offered' and o.expires_at <= p_now
$$;
create index if not exists ix_waitlist_offer_expires on public.waitlist_offer (expires_at)
    where status = 'offered';

revoke all on function directory.organizations_with_waitlist(timestamptz) from public;
grant execute on function directory.organizations_with_waitlist(timestamptz) to medspa_app;
