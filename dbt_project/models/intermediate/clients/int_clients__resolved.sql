-- Grain: one client record, with the key of the record it was finally merged into (its own if never merged).
with ranked as (
    with recursive followed as (
        select
            org_id,
            client_id,
            merged_into_id,
            1 as depth
        from {{ ref('stg_operational__client') }}
        where merged_into_id is not null

        union all

        select
            followed.org_id,
            followed.client_id,
            next_client.merged_into_id,
            followed.depth + 1 as depth
        from followed
        inner join {{ ref('stg_operational__client') }} as next_client
            on next_client.org_id = followed.org_id and next_client.client_id = followed.merged_into_id
        -- A chain of merges is short; the bound only stops a circle in bad data.
        where next_client.merged_into_id is not null and followed.depth < 50
    )

    select
        org_id,
        client_id,
        merged_into_id,
        row_number() over (partition by org_id, client_id order by depth desc) as place
    from followed
)

select
    client.org_id,
    client.client_id,
    coalesce(survivor.client_key, client.client_key) as client_key,
    client.merged_into_id is not null as is_merged
from {{ ref('stg_operational__client') }} as client
left join ranked
    on ranked.org_id = client.org_id and ranked.client_id = client.client_id and ranked.place = 1
left join {{ ref('stg_operational__client') }} as survivor
    on survivor.org_id = ranked.org_id and survivor.client_id = ranked.merged_into_id
