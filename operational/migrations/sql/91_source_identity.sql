-- Which store this is, for change capture. A function and no table: written once, readable only by the
-- extracting role, and gone with the database it was made in.

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
