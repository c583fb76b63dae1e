-- What others took back of a payment after it was taken: a dispute that is open or lost, a check that the
-- bank returned, a third party that refused. It cannot be refunded as well. Amounts only, of the bound
-- organization, whoever asks.

create or replace function checkout_taken_back(p_payment uuid) returns bigint
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select coalesce(sum(t.amount_minor), 0)::bigint
    from (
        select d.org_id, d.payment_id, d.amount_minor from dispute d where d.status <> 'won'
        union all
        select r.org_id, r.payment_id, r.amount_minor from returned_check r
        union all
        select i.org_id, i.payment_id, i.amount_minor from remittance_item i where i.outcome = 'refused'
    ) t
    where t.org_id = nullif(current_setting('medspa.org_id', true), '')::uuid and t.payment_id = p_payment
$$;

-- Whether a line of a bank statement is about the document already, whichever location imported it.
create or replace function bank_line_names(p_kind text, p_id uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select exists (
        select 1 from bank_line b
        where b.org_id = nullif(current_setting('medspa.org_id', true), '')::uuid
          and b.match_kind = p_kind and b.match_id = p_id and b.match_id is not null
    )
$$;

-- Whose charge a dispute is about: by the processor's reference or by the request key of its call.
create or replace function directory.processor_charge(p_reference text, p_request_key text)
returns table (org_id uuid, payment_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select f.org_id, f.payment_id from (
        select p.org_id, p.id as payment_id, 1 as place from public.payment p
        where p.processor_reference = p_reference
        union all
        select a.org_id, a.payment_id, 2 from public.processor_attempt a
        where a.request_key = p_request_key and a.payment_id is not null
    ) f order by f.place limit 1
$$;

-- The merchant accounts whose report is to be read.
create or replace function directory.merchant_accounts() returns table (org_id uuid, merchant_account_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select m.org_id, m.id from public.merchant_account m order by m.org_id, m.id
$$;

revoke all on function checkout_taken_back(uuid), bank_line_names(text, uuid), directory.processor_charge(text, text),
    directory.merchant_accounts() from public;
grant execute on function checkout_taken_back(uuid), bank_line_names(text, uuid), directory.processor_charge(text, text),
    directory.merchant_accounts() to medspa_app;
