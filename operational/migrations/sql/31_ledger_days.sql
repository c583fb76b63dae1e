-- Business days of a location: made open, closed in order, never opened again.
--
-- Making a day and closing one both hold the location's row, so that no earlier day can appear
-- behind a close. Whoever posts holds the day with FOR SHARE; the close takes it FOR UPDATE. Whose turn it
-- is between them is in 31_ledger_turn.sql.

create or replace function uuid7_at(p_at timestamptz) returns uuid
language sql volatile set search_path = pg_catalog, pg_temp as $$
    select encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from p_at) * 1000)::bigint) from 3) from 1 for 6
    ), 52, 1), 53, 1), 'hex')::uuid
$$;

create or replace function refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception using errcode = 'MS006',
        message = format('Rows of %s are never changed or removed; record a correction.', tg_table_name);
end $$;

create or replace function ledger_guard_day() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_last date;
begin
    if tg_op = 'UPDATE' then
        if old.status = 'closed' then
            raise exception using errcode = 'MS004',
                message = format('The business day %s is closed and stays closed.', old.business_date);
        end if;
        if (new.org_id, new.id, new.location_id, new.business_date)
           is distinct from (old.org_id, old.id, old.location_id, old.business_date) then
            raise exception using errcode = 'MS006', message = 'A business day keeps its location and date.';
        end if;
        if new.status = 'open' then
            return new;
        end if;
    end if;
    perform 1 from location l where l.org_id = new.org_id and l.id = new.location_id for no key update;
    if not found then
        raise exception using errcode = 'MS003', message = 'There is no such location.';
    end if;
    select max(d.business_date) into v_last from business_day d
    where d.org_id = new.org_id and d.location_id = new.location_id and d.status = 'closed';
    if new.business_date <= v_last then
        raise exception using errcode = 'MS004',
            message = format('The books of this location are closed up to %s; %s is not open.', v_last, new.business_date);
    end if;
    if new.status = 'closed' and exists (
        select 1 from business_day d
        where d.org_id = new.org_id and d.location_id = new.location_id
          and d.business_date < new.business_date and d.status = 'open'
    ) then
        raise exception using errcode = 'MS008', message = 'Days close in order: an earlier day is still open.';
    end if;
    return new;
end $$;

create or replace trigger guard_day before insert or update on business_day
    for each row execute function ledger_guard_day();
create or replace trigger guard_day_kept before delete on business_day
    for each row execute function refuse_change();
create or replace trigger guard_day_truncate before truncate on business_day
    for each statement execute function refuse_change();

-- The day a posting of this instant belongs to, held open until the transaction ends.
-- p_date null: the business date of p_at or, when its books are closed, the first day after them.
create or replace function ledger_day(p_location uuid, p_date date, p_at timestamptz) returns date
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    v_org uuid := nullif(current_setting('medspa.org_id', true), '')::uuid;
    v_today date;
    v_last date;
    v_date date;
    v_status text;
begin
    select ((p_at at time zone l.timezone) - make_interval(hours => l.cutover_hour))::date into v_today
    from location l where l.org_id = v_org and l.id = p_location;
    if not found then
        raise exception using errcode = 'MS003', message = 'There is no such location.';
    end if;
    perform ledger_join_day(v_org, p_location);
    -- A lost race costs one turn; more than a few mean something else is wrong.
    for turn in 1..5 loop
        select max(d.business_date) into v_last from business_day d
        where d.org_id = v_org and d.location_id = p_location and d.status = 'closed';
        v_date := coalesce(p_date, greatest(v_today, v_last + 1));
        if v_date > greatest(v_today, v_last + 1) then
            raise exception using errcode = 'MS011',
                message = format('The business day %s has not begun at this location.', v_date);
        end if;
        select d.status into v_status from business_day d
        where d.org_id = v_org and d.location_id = p_location and d.business_date = v_date for share;
        if not found then
            insert into business_day (org_id, id, location_id, business_date, status, created_at)
            values (v_org, uuid7_at(p_at), p_location, v_date, 'open', p_at)
            on conflict (org_id, location_id, business_date) do nothing;
        elsif v_status = 'open' then
            return v_date;
        elsif p_date is not null then
            raise exception using errcode = 'MS004',
                message = format('The business day %s is closed; post to the open day.', p_date);
        end if;
    end loop;
    raise exception using errcode = '55P03', message = 'the business day kept changing';
end $$;

revoke all on function uuid7_at(timestamptz), ledger_day(uuid, date, timestamptz) from public;
grant execute on function uuid7_at(timestamptz), ledger_day(uuid, date, timestamptz) to medspa_app;
