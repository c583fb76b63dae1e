-- An entitlement never gives more than it holds, whoever writes the movement.

create or replace function prepaid_guard_movement() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v entitlement;
    v_quantity numeric;
    v_value numeric;
begin
    -- The row of the entitlement itself: its contract is held by who spends, and may be held already.
    select * into v from entitlement e where e.org_id = new.org_id and e.id = new.entitlement_id for no key update;
    if not found then
        raise exception using errcode = 'MS003', message = 'There is no such entitlement.';
    end if;
    if new.kind = 'reversed' and not exists (
        select 1 from entitlement_movement m
        where m.org_id = new.org_id and m.id = new.reverses_id and m.kind = 'used'
          and m.entitlement_id = new.entitlement_id and m.invoice_line_id = new.invoice_line_id
          and m.quantity_milli = -new.quantity_milli and m.value_minor = -new.value_minor
    ) then
        raise exception using errcode = 'MS006', message = 'A reversal gives one use back, all of it.';
    end if;
    select coalesce(sum(m.quantity_milli), 0) + new.quantity_milli, coalesce(sum(m.value_minor), 0) + new.value_minor
    into v_quantity, v_value
    from entitlement_movement m where m.org_id = new.org_id and m.entitlement_id = new.entitlement_id;
    if v_quantity not between 0 and v.quantity_milli or v_value not between 0 and v.value_minor then
        raise exception using errcode = 'MS005', message = 'The package or credit does not hold enough for this.';
    end if;
    return new;
end $$;

create or replace trigger guard_movement before insert on entitlement_movement
    for each row execute function prepaid_guard_movement();
create or replace trigger keep_rows before update or delete on entitlement_movement
    for each row execute function refuse_change();
create or replace trigger keep_table before truncate on entitlement_movement
    for each statement execute function refuse_change();
create or replace trigger keep_rows before update or delete on recognition_run
    for each row execute function refuse_change();
