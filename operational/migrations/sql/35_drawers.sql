-- A drawer session takes nothing after its count, whoever writes. Counting holds its row FOR UPDATE;
-- what comes in or goes out holds it FOR SHARE (KEY SHARE would not wait for the count's update).

create or replace function drawer_hold_open(
    p_org uuid, p_session uuid, p_location uuid, p_cash boolean, p_date date
) returns void language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v record;
begin
    select s.status, s.location_id, s.business_date into v
    from drawer_session s where s.org_id = p_org and s.id = p_session for share;
    if not found or v.location_id is distinct from coalesce(p_location, v.location_id) then
        raise exception using errcode = 'MS009', message = 'There is no such drawer session at this location.';
    end if;
    if v.status <> 'open' then
        raise exception using errcode = 'MS009', message = 'This drawer session is counted; open a new one.';
    end if;
    if not p_cash then
        return;
    end if;
    if v.business_date is distinct from coalesce(p_date, v.business_date) then
        raise exception using errcode = 'MS009', message = format(
            'This drawer session is of %s; count it before taking cash on another day.', v.business_date);
    end if;
    perform 1 from drawer_session s join drawer d on d.org_id = s.org_id and d.id = s.drawer_id
    where s.org_id = p_org and s.id = p_session and d.kind = 'physical';
    if not found then
        raise exception using errcode = 'MS009', message = 'Cash needs the session of a physical drawer.';
    end if;
end $$;

create or replace function drawer_guard_money() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_cash boolean := coalesce(new.tender = 'cash', false);
begin
    if tg_op = 'UPDATE' and old.status = 'succeeded' and (
        (new.status, new.amount_minor, new.tip_minor, new.tender, new.business_date, new.drawer_session_id)
        is distinct from
        (old.status, old.amount_minor, old.tip_minor, old.tender, old.business_date, old.drawer_session_id)
    ) then
        raise exception using errcode = 'MS006', message = 'Money that moved is corrected by a payout or a new entry.';
    end if;
    if new.drawer_session_id is null then
        if v_cash then
            raise exception using errcode = 'MS009', message = 'Cash needs an open drawer session.';
        end if;
        return new;
    end if;
    -- Money of an imported history went through no drawer of this store.
    if new.tender = 'unknown' then
        return new;
    end if;
    -- What a processor reports late about a card changes no drawer.
    if tg_op = 'INSERT' or (v_cash and old.status <> 'succeeded')
       or new.drawer_session_id is distinct from old.drawer_session_id then
        perform drawer_hold_open(
            new.org_id, new.drawer_session_id, new.location_id, v_cash and new.status = 'succeeded',
            new.business_date);
    end if;
    return new;
end $$;

create or replace function drawer_guard_movement() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform drawer_hold_open(new.org_id, new.drawer_session_id, null, true, null);
    return new;
end $$;

create or replace function drawer_guard_session() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if old.status = 'closed' then
        raise exception using errcode = 'MS009', message = 'This drawer session is counted; open a new one.';
    end if;
    if (new.org_id, new.id, new.drawer_id, new.location_id, new.business_date, new.currency,
        new.opening_float_minor, new.opening_over_short_minor)
       is distinct from
       (old.org_id, old.id, old.drawer_id, old.location_id, old.business_date, old.currency,
        old.opening_float_minor, old.opening_over_short_minor)
    then
        raise exception using errcode = 'MS006', message = 'A drawer session keeps its drawer, date and float.';
    end if;
    return new;
end $$;

create or replace trigger guard_drawer
    before insert or update of drawer_session_id, status, tender, amount_minor, tip_minor, business_date on payment
    for each row execute function drawer_guard_money();
create or replace trigger guard_drawer
    before insert or update of drawer_session_id, status, tender, amount_minor, tip_minor, business_date on payout
    for each row execute function drawer_guard_money();
create or replace trigger guard_drawer before insert on drawer_movement
    for each row execute function drawer_guard_movement();
create or replace trigger guard_drawer before update on drawer_session
    for each row execute function drawer_guard_session();
create or replace trigger keep_rows before delete on drawer_session
    for each row execute function refuse_change();
create or replace trigger keep_rows before update or delete on drawer_movement
    for each row execute function refuse_change();
create or replace trigger keep_rows before update or delete on drawer_count
    for each row execute function refuse_change();
create or replace trigger keep_rows before update or delete on day_close_figure
    for each row execute function refuse_change();

revoke all on function drawer_hold_open(uuid, uuid, uuid, boolean, date) from public;
