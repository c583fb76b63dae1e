-- What no posting may break, whoever writes it. Checks run as the owner and see every row.

-- Immediately, once per statement: keys, location, open day, and the lock of what a debit spends.
create or replace function ledger_check_postings() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v record;
    v_status text;
begin
    select n.account, a.required_key, a.code is null as unknown into v
    from added n left join ledger_account a on a.code = n.account
    where a.code is null or case a.required_key
        when 'none' then false
        when 'invoice_id' then n.invoice_id is null
        when 'client_id' then n.client_id is null
        when 'gift_card_id' then n.gift_card_id is null
        when 'contract_id' then n.contract_id is null
        when 'provider_id' then n.provider_id is null
        when 'merchant_account_id' then n.merchant_account_id is null
        when 'programme_id' then n.programme_id is null
        when 'jurisdiction_id' then n.jurisdiction_id is null
        when 'other_location_id' then n.other_location_id is null or n.other_location_id = n.location_id
        else true end
    limit 1;
    if found then
        raise exception using errcode = 'MS002', message = case when v.unknown
            then format('There is no account %s.', v.account)
            else format('A posting to account %s needs its %s.', v.account, v.required_key) end;
    end if;
    if exists (
        select 1 from added n left join location l on l.org_id = n.org_id and l.id = n.location_id
        where l.id is null or l.legal_entity_id <> n.legal_entity_id or l.currency <> n.currency
    ) then
        raise exception using errcode = 'MS003',
            message = 'A posting carries the legal entity and the currency of its location.';
    end if;
    for v in select distinct n.org_id, n.location_id, n.business_date from added n order by 1, 2, 3 loop
        select d.status into v_status from business_day d
        where d.org_id = v.org_id and d.location_id = v.location_id and d.business_date = v.business_date
        for share;
        if not found or v_status <> 'open' then
            raise exception using errcode = 'MS004',
                message = format('The business day %s is not open; post to the open day.', v.business_date);
        end if;
    end loop;
    perform ledger_lock_spent(s.org_id, s.account, s.key) from (
        select distinct n.org_id, n.account, coalesce(n.client_id, n.gift_card_id, n.contract_id) as key
        from (
            select p.org_id, p.account,
                   case when a.required_key = 'client_id' then p.client_id end as client_id,
                   case when a.required_key = 'gift_card_id' then p.gift_card_id end as gift_card_id,
                   case when a.required_key = 'contract_id' then p.contract_id end as contract_id
            from added p join ledger_account a on a.code = p.account
            where not a.may_go_negative and p.amount_minor > 0
        ) n order by 1, 3, 2
    ) s;
    return null;
end $$;

-- The mutable parent of a balance; append-only postings cannot be locked themselves.
create or replace function ledger_lock_spent(p_org uuid, p_account text, p_key uuid) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if p_account in ('2100', '2110') then
        perform 1 where client_hold(p_org, p_key);
    elsif p_account = '2200' then
        perform 1 from gift_card g where g.org_id = p_org and g.id = p_key for no key update;
    elsif p_account = '2300' then
        perform 1 from package k where k.org_id = p_org and k.id = p_key for no key update;
    else
        perform 1 from membership m where m.org_id = p_org and m.id = p_key for no key update;
    end if;
    if not found then
        raise exception using errcode = 'MS003', message = 'The holder of this balance does not exist.';
    end if;
end $$;
