-- Posting in one round trip: an entry and its lines, on the open day of each location; a line may name
-- another date for its location.

create or replace function ledger_post(
    p_entry_id uuid, p_event text, p_source_kind text, p_source_id uuid, p_lines jsonb, p_at timestamptz,
    p_business_date date default null, p_external_date date default null,
    p_staff_id uuid default null, p_reverses_id uuid default null
) returns uuid language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    v_org uuid := nullif(current_setting('medspa.org_id', true), '')::uuid;
begin
    if v_org is null then
        raise exception using errcode = 'insufficient_privilege', message = 'no organization is bound';
    end if;
    insert into journal_entry (org_id, id, event, source_kind, source_id, reverses_id, staff_id, created_at)
    values (v_org, p_entry_id, p_event, p_source_kind, p_source_id, p_reverses_id, p_staff_id, p_at);
    with line as (
        select * from jsonb_to_recordset(p_lines) as x (
            id uuid, line_no smallint, account text, amount_minor bigint, location_id uuid,
            invoice_id uuid, invoice_line_id uuid, client_id uuid, gift_card_id uuid, contract_id uuid,
            provider_id uuid, merchant_account_id uuid, programme_id uuid, jurisdiction_id uuid,
            other_location_id uuid, business_date date
        )
    ), day as materialized (
        -- Sorted, so that two entries over the same locations take their days in one order.
        select s.location_id,
               ledger_day(s.location_id, coalesce(s.business_date, p_business_date), p_at) as business_date
        from (select l.location_id, max(l.business_date) as business_date from line l
              group by l.location_id order by 1) s
    )
    insert into posting (
        org_id, id, entry_id, line_no, legal_entity_id, location_id, business_date, external_date, account,
        amount_minor, currency, invoice_id, invoice_line_id, client_id, gift_card_id, contract_id,
        provider_id, merchant_account_id, programme_id, jurisdiction_id, other_location_id, created_at
    )
    select v_org, x.id, p_entry_id, x.line_no, l.legal_entity_id, x.location_id, d.business_date,
           p_external_date, x.account, x.amount_minor, l.currency, x.invoice_id, x.invoice_line_id,
           x.client_id, x.gift_card_id, x.contract_id, x.provider_id, x.merchant_account_id,
           x.programme_id, x.jurisdiction_id, x.other_location_id, p_at
    from line x
    join day d on d.location_id = x.location_id
    join location l on l.org_id = v_org and l.id = x.location_id;
    return p_entry_id;
end $$;

-- Clients are readable only under an open audit; spending one's balance needs the lock, not the record.
create or replace function ledger_hold_client(p_client uuid) returns boolean
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    select client_hold(nullif(current_setting('medspa.org_id', true), '')::uuid, p_client)
$$;

revoke all on function ledger_hold_client(uuid),
    ledger_post(uuid, text, text, uuid, jsonb, timestamptz, date, date, uuid, uuid) from public;
grant execute on function ledger_hold_client(uuid),
    ledger_post(uuid, text, text, uuid, jsonb, timestamptz, date, date, uuid, uuid) to medspa_app;
