-- Grain: one client record, with the key of the record it was finally merged into (its own if never merged).
select
    client.org_id,
    client.client_id,
    coalesce(merged.client_key, client.client_key) as client_key,
    client.merged_into_id is not null as is_merged
from {{ ref('stg_operational__client') }} as client
left join {{ ref('int_clients__merged') }} as merged
    on merged.org_id = client.org_id and merged.client_id = client.client_id
