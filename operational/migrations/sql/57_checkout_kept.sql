-- What is left of the money and balances that came in for an invoice. A credit memo pays out no more than
-- that: a debt that was written off, or a payment that was charged back, never came in. Amounts only, of the
-- bound organization, whoever asks.

-- `p_open`: what an open dispute holds counts as taken back too.
create or replace function checkout_kept(p_invoice uuid, p_open boolean) returns bigint
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    with bound as (
        select nullif(current_setting('medspa.org_id', true), '')::uuid as org_id
    ), settled as (
        -- What is owed again after a returned check or a refusal, or billed again, has not come in either.
        select coalesce(sum(-p.amount_minor), 0) as amount
        from bound b
        join posting p on p.org_id = b.org_id and p.invoice_id = p_invoice and p.account = '1100'
        join journal_entry e on e.org_id = p.org_id and e.id = p.entry_id
        where e.event in ('payment_taken', 'balance_applied', 'credit_paid_out', 'check_returned',
                          'third_party_refused', 'dispute_billed_again')
    ), lost as (
        -- What the house bears of a payment: beyond its excess, which was account credit, it is the invoice's.
        select greatest(least(t.taken - (p.amount_minor - p.tip_minor - p.rounding_minor - a.applied),
                              a.applied), 0) as amount
        from bound b
        join payment p on p.org_id = b.org_id and p.invoice_id = p_invoice and p.status = 'succeeded'
        cross join lateral (
            select coalesce(sum(s.amount_minor), 0) as applied from allocation s
            where s.org_id = p.org_id and s.payment_id = p.id
        ) a
        cross join lateral (
            select (
                select coalesce(sum(d.amount_minor - d.billed_again_minor), 0) from dispute d
                where d.org_id = p.org_id and d.payment_id = p.id
                  and (d.status = 'lost' or p_open and d.status = 'opened')
            ) + (
                select coalesce(sum(i.amount_minor), 0) from remittance_item i
                where i.org_id = p.org_id and i.payment_id = p.id and i.outcome = 'refused'
                  and i.receivable_minor = 0
            ) as taken
        ) t
    )
    select ((select amount from settled) - (select coalesce(sum(amount), 0) from lost))::bigint
$$;

revoke all on function checkout_kept(uuid, boolean) from public;
grant execute on function checkout_kept(uuid, boolean) to medspa_app;
