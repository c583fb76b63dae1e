-- Upkeep of the audit trail by medspa_maintenance: months ahead, epochs, and the rule blocks are chained by.

-- Creates the months from now on that are missing and moves their rows out of the default partition.
create or replace function audit.ensure_partitions(p_ahead integer default 3) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_parent text;
    v_first timestamptz;
    v_name text;
    v_columns text;
    v_created integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('audit.ensure_partitions'));
    foreach v_parent in array array['access', 'disclosure'] loop
        for v_first in
            select date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' + make_interval(months => n)
            from generate_series(0, least(greatest(p_ahead, 0), 120)) n
        loop
            v_name := v_parent || '_' || to_char(v_first at time zone 'UTC', 'YYYYMM');
            continue when to_regclass('audit.' || v_name) is not null;
            execute format('create table audit.%I (like audit.%I including defaults including constraints)',
                           v_name, v_parent);
            execute format('alter table audit.%I enable row level security', v_name);
            execute format('alter table audit.%I force row level security', v_name);
            execute format('create policy owner_all on audit.%I for all to medspa_owner using (true)'
                           ' with check (true)', v_name);
            execute format('lock table audit.%I in access exclusive mode', v_parent || '_default');
            select string_agg(quote_ident(attname), ', ' order by attnum) into v_columns
            from pg_attribute
            where attrelid = ('audit.' || v_parent)::regclass and attnum > 0 and not attisdropped;
            perform set_config('medspa.audit_moving', 'on', true);
            execute format(
                'with moved as (delete from audit.%I where at >= %L and at < %L returning %s)'
                ' insert into audit.%I (%s) select %s from moved',
                v_parent || '_default', v_first, v_first + interval '1 month', v_columns, v_name, v_columns,
                v_columns);
            perform set_config('medspa.audit_moving', '', true);
            execute format('alter table audit.%I attach partition audit.%I for values from (%L) to (%L)',
                           v_parent, v_name, v_first, v_first + interval '1 month');
            v_created := v_created + 1;
        end loop;
    end loop;
    return v_created;
end $$;

-- Rows of the gate whose transactions have ended.
create or replace function audit.sweep_gate() returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_swept bigint;
begin
    delete from audit.gate where xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
    get diagnostics v_swept = row_count;
    return v_swept;
end $$;

-- A new epoch when the rows came to another server, or its transaction ids lie before the sealed ones.
create or replace function audit.ensure_epoch() returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_system bigint := 0;
    v_now bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    v_epoch audit.epoch%rowtype;
begin
    perform pg_advisory_xact_lock(hashtext('audit.ensure_epoch'));
    begin
        select system_identifier into v_system from pg_control_system();
    exception when insufficient_privilege then
        null;  -- Some managed servers hide it; the transaction ids still show a restore.
    end;
    select * into v_epoch from audit.epoch e order by e.id desc limit 1;
    if not found or v_epoch.system_identifier <> v_system
       or exists (select 1 from audit.block b where b.epoch = v_epoch.id and b.to_xid > v_now) then
        insert into audit.epoch (id, system_identifier) values (coalesce(v_epoch.id, 0) + 1, v_system)
        returning * into v_epoch;
    end if;
    return v_epoch.id;
end $$;

create or replace function audit.chain_block() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    v_last audit.block%rowtype;
begin
    select * into v_last from audit.block b order by b.number desc limit 1;
    if new.number <> coalesce(v_last.number, 0) + 1
       or (found and new.previous <> v_last.hash)
       or (found and new.epoch = v_last.epoch and new.from_xid <> v_last.to_xid)
       or (found and new.epoch < v_last.epoch)
       or (new.from_xid <> 0 and (v_last.epoch is null or new.epoch <> v_last.epoch)) then
        raise exception 'this block does not follow the last one' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create or replace trigger chain before insert on audit.block
    for each row execute function audit.chain_block();

revoke all on all functions in schema audit from public;
grant execute on function audit.ensure_partitions(integer), audit.sweep_gate(), audit.ensure_epoch()
    to medspa_maintenance;

select audit.ensure_epoch();
select audit.ensure_partitions(3);
