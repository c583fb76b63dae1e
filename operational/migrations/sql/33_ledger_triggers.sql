-- The balance guard of liabilities, and the triggers on entries and postings.

-- At commit, under the lock that the debit took: what a client (by all their records), a card or a contract is
-- owed at a location is never less than nothing.
create or replace function ledger_check_balance() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_owed numeric;
    v_records uuid[];
begin
    if new.account in ('2100', '2110') then
        v_records := client_records_of(new.org_id, new.client_id);
    end if;
    select -sum(p.amount_minor) into v_owed from posting p
    where p.org_id = new.org_id and p.account = new.account and p.location_id = new.location_id
      and case
        when new.account in ('2100', '2110') then p.client_id = any (v_records)
        when new.account = '2200' then p.gift_card_id = new.gift_card_id
        else p.contract_id = new.contract_id end;
    if v_owed is null then
        raise exception using errcode = 'MS005', message = 'The balance check does not see what it checks.';
    end if;
    if v_owed < 0 then
        raise exception using errcode = 'MS005',
            message = format('Account %s does not hold enough for this at this location.', new.account);
    end if;
    return null;
end $$;

create or replace trigger check_postings after insert on posting
    referencing new table as added for each statement execute function ledger_check_postings();

create or replace trigger check_entries after insert on posting
    referencing new table as added for each statement execute function ledger_check_entries();
drop trigger if exists check_entry on posting;
drop trigger if exists check_entry on ledger.unbalanced;
create constraint trigger check_entry after insert on ledger.unbalanced
    deferrable initially deferred for each row execute function ledger_check_unbalanced();
drop trigger if exists check_entry on journal_entry;
create constraint trigger check_entry after insert on journal_entry
    deferrable initially deferred for each row execute function ledger_check_entry();
drop trigger if exists check_balance on posting;
create constraint trigger check_balance after insert on posting
    deferrable initially deferred for each row
    when (new.amount_minor > 0 and new.account in ('2100', '2110', '2200', '2300', '2310'))
    execute function ledger_check_balance();

-- Append-only for everybody, the owner included.
create or replace trigger keep_rows before update or delete on posting
    for each row execute function refuse_change();
create or replace trigger keep_table before truncate on posting
    for each statement execute function refuse_change();
create or replace trigger keep_rows before update or delete on journal_entry
    for each row execute function refuse_change();
create or replace trigger keep_table before truncate on journal_entry
    for each statement execute function refuse_change();

revoke all on function ledger_lock_spent(uuid, text, uuid) from public;
