-- Balances as of :until per client (deposits, credit), gift card and contract. A card's client is its buyer's business.
with held as (
    select m.location_id, m.account, m.currency, m.gift_card_id, m.contract_id,
           case when m.account in ('2100', '2110') then m.client_key end as client_key,
           max(m.business_date) as last_moved_on, cast(sum(m.amount_minor) as bigint) as held_minor
    from marts.fct_liability_movement m
    where m.org_id = :org and m.business_date <= :until and m.location_id = any(:locations)
      and m.account = m.liability and m.liability not in ('2500', '2600')
    group by 1, 2, 3, 4, 5, 6
    having sum(m.amount_minor) <> 0
)
select l.name as location, h.account, a.name as liability, h.client_key, h.gift_card_id, h.contract_id,
       h.last_moved_on, h.held_minor, h.currency
from held h
join marts.dim_location l on l.org_id = :org and l.location_id = h.location_id
left join marts.dim_account a on a.org_id = :org and a.account = h.account
order by l.name, h.account, h.client_key, h.gift_card_id, h.contract_id
