-- Posting many entries in one round trip, each on the business date it names: what is moved in from another
-- system. The rules are those of every posting; they are checked by the same triggers.

create or replace function ledger_post_many(p_entries jsonb, p_lines jsonb, p_at timestamptz)
returns void language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    v_org uuid := nullif(current_setting('medspa.org_id', true), '')::uuid;
begin
    if v_org is null then
        raise exception using errcode = 'insufficient_privilege', message = 'no organization is bound';
    end if;
    insert into journal_entry (org_id, id, event, source_kind, source_id, created_at)
    select v_org, e.id, e.event, e.source_kind, e.source_id, p_at
    from jsonb_to_recordset(p_entries) as e (id uuid, event text, source_kind text, source_id uuid);
    insert into posting (
        org_id, id, entry_id, line_no, legal_entity_id, location_id, business_date, account, amount_minor,
        currency, invoice_id, invoice_line_id, client_id, gift_card_id, contract_id, provider_id,
        jurisdiction_id, created_at
    )
    select v_org, x.id, x.entry_id, x.line_no, l.legal_entity_id, x.location_id, x.business_date, x.account,
           x.amount_minor, l.currency, x.invoice_id, x.invoice_line_id, x.client_id, x.gift_card_id,
           x.contract_id, x.provider_id, x.jurisdiction_id, p_at
    from jsonb_to_recordset(p_lines) as x (
        id uuid, entry_id uuid, line_no smallint, business_date date, account text, amount_minor bigint,
        location_id uuid, invoice_id uuid, invoice_line_id uuid, client_id uuid, gift_card_id uuid,
        contract_id uuid, provider_id uuid, jurisdiction_id uuid
    )
    join location l on l.org_id = v_org and l.id = x.location_id;
end $$;

revoke all on function ledger_post_many(jsonb, jsonb, timestamptz) from public;
grant execute on function ledger_post_many(jsonb, jsonb, timestamptz) to medspa_app;
