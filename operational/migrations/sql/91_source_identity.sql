-- Which store this is, and which past it has, for change capture.

-- A function and no table: written once, readable only by the extracting role, and gone with the database
-- it was made in.
do $$ begin
    if to_regprocedure('deid.store_id()') is null then
        execute format(
            'create function deid.store_id() returns uuid language sql immutable parallel safe as $f$ select %L::uuid $f$',
            gen_random_uuid()
        );
    end if;
end $$;

revoke all on function deid.store_id() from public;
grant execute on function deid.store_id() to medspa_extract;

-- A mark is left after each extraction. A store that went back to an earlier moment has forgotten it, even
-- when it has the same identity and its transactions have passed the old ones again (docs/adr/0009).
create schema if not exists capture;
create table if not exists capture.mark (
    number bigint generated always as identity primary key,
    mark uuid not null
);

create or replace function capture.leave_mark(p_mark uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_number bigint;
begin
    insert into capture.mark (mark) values (p_mark) returning number into v_number;
    -- More than one, for several lakes may follow this store and a landing may die after its mark.
    delete from capture.mark where number <= v_number - 1000;
end $$;

create or replace function capture.knows_mark(p_mark uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from capture.mark where mark = p_mark)
$$;

revoke all on all functions in schema capture from public;
grant usage on schema capture to medspa_extract;
grant execute on function capture.leave_mark(uuid), capture.knows_mark(uuid) to medspa_extract;
