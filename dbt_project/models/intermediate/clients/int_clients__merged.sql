-- Grain: one client record that was merged, with the key of the record that it ended in.
-- Apart from int_clients__resolved: the planner does not open a view that begins with a common table expression,
-- and read every client again for each row joined to it (60 s instead of 2 for 6 000 postings of 200 000 lines).
with recursive followed as (
    select
        client.org_id,
        client.client_id,
        survivor.client_key,
        survivor.merged_into_id,
        1 as depth
    from {{ ref('stg_operational__client') }} as client
    inner join {{ ref('stg_operational__client') }} as survivor
        on survivor.org_id = client.org_id and survivor.client_id = client.merged_into_id

    union all

    select
        followed.org_id,
        followed.client_id,
        survivor.client_key,
        survivor.merged_into_id,
        followed.depth + 1 as depth
    from followed
    inner join {{ ref('stg_operational__client') }} as survivor
        on survivor.org_id = followed.org_id and survivor.client_id = followed.merged_into_id
    -- A chain of merges is short; the bound only stops a circle in bad data, whose records keep their own keys.
    where followed.depth < 50
)

select
    org_id,
    client_id,
    client_key
from followed
where merged_into_id is null
