-- A moment as a clock on the wall there shows it, without an offset. Becomes a part of the query that asks.
create or replace function calendar_wall(p_at timestamptz, p_zone text) returns text
language sql stable as $$
    select to_char(p_at at time zone p_zone, 'YYYY-MM-DD"T"HH24:MI')
$$;

-- Whoever looks at the calendar of an organization is told that something changed, and nothing of what: they ask
-- again for what they may see. One name a channel and organization, so that nobody wakes for another's visits.
create or replace function calendar_tell() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform pg_notify('calendar_' || replace(told.org_id::text, '-', ''), '')
    from (select distinct changed.org_id from changed) told;
    return null;
end $$;

create or replace trigger tell_calendar after insert on appointment_history
    referencing new table as changed for each statement execute function calendar_tell();
create or replace trigger tell_calendar after insert on hold
    referencing new table as changed for each statement execute function calendar_tell();
create or replace trigger tell_calendar_of_shifts after insert on shift
    referencing new table as changed for each statement execute function calendar_tell();
create or replace trigger tell_calendar_of_changed_shifts after update on shift
    referencing new table as changed for each statement execute function calendar_tell();
create or replace trigger tell_calendar_of_time_off after insert on time_off
    referencing new table as changed for each statement execute function calendar_tell();
create or replace trigger tell_calendar_of_changed_time_off after update on time_off
    referencing new table as changed for each statement execute function calendar_tell();
create or replace trigger tell_calendar_of_walk_ins after insert on walk_in
    referencing new table as changed for each statement execute function calendar_tell();
create or replace trigger tell_calendar_of_changed_walk_ins after update on walk_in
    referencing new table as changed for each statement execute function calendar_tell();

revoke all on function calendar_wall(timestamptz, text) from public;
grant execute on function calendar_wall(timestamptz, text) to medspa_app;
