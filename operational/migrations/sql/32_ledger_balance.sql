-- Every entry has postings, balances at each location, and owes between locations what is owed.
--
-- Postings are only ever added, and a posting statement is checked as a whole when it ends: an entry that
-- balances then needs no other look until something is added to it again. One that does not is kept in
-- ledger.unbalanced, whose deferred trigger looks again at commit. So what is written whole costs one query a
-- statement, however many its rows, and what is written in pieces is allowed and still has to end balanced.

create schema if not exists ledger;

-- Entries that a statement of a running transaction left unbalanced. Unlogged: nothing here outlives one.
create unlogged table if not exists ledger.unbalanced (
    org_id uuid not null,
    entry_id uuid not null
);
create index if not exists ix_unbalanced on ledger.unbalanced (org_id, entry_id);
alter table ledger.unbalanced enable row level security;
alter table ledger.unbalanced force row level security;
drop policy if exists owner_all on ledger.unbalanced;
create policy owner_all on ledger.unbalanced for all to medspa_owner using (true) with check (true);

-- Whether an entry balances. Becomes a part of the query that asks (it names its table in full, and has
-- neither settings nor an owner's rights), so that a thousand entries are one plan.
create or replace function ledger_balance_of(p_org uuid, p_entry uuid) returns table (balanced boolean)
language sql stable as $$
    select count(*) > 0 and bool_and(s.amount = 0) and sum(s.between) = 0 and min(s.lowest) = max(s.highest)
    from (
        select sum(p.amount_minor) as amount, min(p.currency) as lowest, max(p.currency) as highest,
               sum(case when p.account in ('1900', '2900') then p.amount_minor else 0 end) as between
        from public.posting p where p.org_id = p_org and p.entry_id = p_entry group by p.location_id
    ) s
$$;

-- When a statement that posts ends: what it left unbalanced is looked at again. A plan made while the table
-- was small would read all of it later, hence no sequential scan.
create or replace function ledger_check_entries() returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set enable_seqscan = off as $$
declare
    v record;
begin
    for v in
        select n.org_id, n.entry_id from (select distinct added.org_id, added.entry_id from added) n
        cross join lateral ledger_balance_of(n.org_id, n.entry_id) b where b.balanced is not true
    loop
        insert into ledger.unbalanced (org_id, entry_id) values (v.org_id, v.entry_id);
    end loop;
    return null;
end $$;

-- At commit, or when constraints are made immediate.
create or replace function ledger_check_unbalanced() returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set enable_seqscan = off as $$
begin
    perform 1 from ledger_balance_of(new.org_id, new.entry_id) b where b.balanced is not true;
    if found then
        raise exception using errcode = 'MS001',
            message = 'A journal entry balances at each of its locations, and between them.';
    end if;
    delete from ledger.unbalanced u where u.org_id = new.org_id and u.entry_id = new.entry_id;
    return null;
end $$;

create or replace function ledger_check_entry() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform 1 from posting p where p.org_id = new.org_id and p.entry_id = new.id limit 1;
    if not found then
        raise exception using errcode = 'MS001', message = 'A journal entry has postings.';
    end if;
    return null;
end $$;

revoke all on function ledger_balance_of(uuid, uuid) from public;
