-- Ground: change marks and schema usage. Tables come from revisions; policies are generated.

create or replace function mark_changed() returns trigger language plpgsql as $$
begin
    new.changed_xid := pg_current_xact_id()::text::bigint;
    return new;
end $$;

create or replace function mark_changed_versioned() returns trigger language plpgsql as $$
begin
    new.changed_xid := pg_current_xact_id()::text::bigint;
    if tg_op = 'UPDATE' then
        new.version := old.version + 1;
    end if;
    return new;
end $$;

-- The locations that a transaction may see; NULL: all of them. Nothing bound: none.
create or replace function location_scope() returns uuid[] language sql stable as $$
    select case coalesce(current_setting('medspa.location_scope', true), '')
        when '*' then null
        when '' then '{}'::uuid[]
        else string_to_array(current_setting('medspa.location_scope', true), ',')::uuid[]
    end
$$;

grant usage on schema public, audit, directory, vault to medspa_app;
grant usage on schema public to medspa_deid, medspa_backup, medspa_publish, medspa_maintenance;
