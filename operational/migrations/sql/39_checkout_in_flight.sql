-- Money that other locations gave back or still have in flight. Payments and payouts show under the
-- location scope of who asks; what may still be taken or given back does not depend on who asks. Amounts
-- only, of the bound organization.

-- Payouts that moved or may yet move money: of a payment, or of the credit memos of an invoice.
create or replace function checkout_given_back(p_payment uuid, p_invoice uuid)
returns table (
    payout_id uuid, credit_memo_id uuid, amount_minor bigint, tip_minor bigint, rounding_minor bigint,
    settled boolean, succeeded_at timestamptz
) language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select o.id, o.credit_memo_id, o.amount_minor, o.tip_minor, o.rounding_minor, o.status = 'succeeded',
           o.succeeded_at
    from payout o
    where o.org_id = nullif(current_setting('medspa.org_id', true), '')::uuid
      and o.status in ('succeeded', 'pending', 'unknown')
      and (o.payment_id = p_payment or o.credit_memo_id in (
            select m.id from credit_memo m where m.org_id = o.org_id and m.invoice_id = p_invoice))
$$;

-- Deposits of a client that a card refund is about to give back, by the location that holds them.
create or replace function checkout_deposits_leaving(p_client uuid)
returns table (location_id uuid, amount_minor bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select o.location_id, sum(o.amount_minor - o.tip_minor)::bigint
    from payout o
    where o.org_id = nullif(current_setting('medspa.org_id', true), '')::uuid
      and o.client_id = any (client_records(p_client)) and o.credit_memo_id is null and o.status in ('pending', 'unknown')
    group by o.location_id
$$;

-- What card payments in flight would settle of an invoice.
create or replace function checkout_arriving(p_invoice uuid) returns bigint
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select coalesce(sum(p.amount_minor - p.tip_minor), 0)::bigint
    from payment p
    where p.org_id = nullif(current_setting('medspa.org_id', true), '')::uuid
      and p.invoice_id = p_invoice and p.status in ('pending', 'unknown')
$$;

revoke all on function checkout_given_back(uuid, uuid), checkout_deposits_leaving(uuid), checkout_arriving(uuid)
    from public;
grant execute on function checkout_given_back(uuid, uuid), checkout_deposits_leaving(uuid),
    checkout_arriving(uuid) to medspa_app;
