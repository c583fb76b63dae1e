-- A document never carries the date of closed books, so that documents and postings of a day agree for good.

create or replace function ledger_guard_document() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_status text;
begin
    if new.business_date is null or (
        tg_op = 'UPDATE' and new.business_date = old.business_date and new.status = old.status
    ) then
        return new;
    end if;
    perform ledger_join_day(new.org_id, new.location_id);
    select d.status into v_status from business_day d
    where d.org_id = new.org_id and d.location_id = new.location_id and d.business_date = new.business_date
    for share;
    if v_status = 'closed' or (v_status is null and exists (
        select 1 from business_day d
        where d.org_id = new.org_id and d.location_id = new.location_id
          and d.status = 'closed' and d.business_date > new.business_date
    )) then
        raise exception using errcode = 'MS004',
            message = format('The business day %s is closed; correct it by a document of the open day.', new.business_date);
    end if;
    return new;
end $$;

create or replace function ledger_guard_new_document() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_closed date;
begin
    select max(d.business_date) into v_closed from business_day d
    where d.org_id = new.org_id and d.location_id = new.location_id and d.status = 'closed';
    if new.business_date <= v_closed then
        raise exception using errcode = 'MS004',
            message = format('The business day %s is closed; use the open day.', new.business_date);
    end if;
    return new;
end $$;

create or replace trigger guard_books before insert or update of status, business_date on invoice
    for each row execute function ledger_guard_document();
create or replace trigger guard_books before insert or update of status, business_date on payment
    for each row execute function ledger_guard_document();
create or replace trigger guard_books before insert or update of status, business_date on payout
    for each row execute function ledger_guard_document();
create or replace trigger guard_books before insert on credit_memo
    for each row execute function ledger_guard_new_document();
create or replace trigger guard_books before insert on allocation
    for each row execute function ledger_guard_new_document();
