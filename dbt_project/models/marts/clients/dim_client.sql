-- Grain: one client, by client key; merged records are their survivor's.
{{ config(
    materialized='incremental',
    pre_hook="{{ replace_touched(
        since('client', ['org_id', 'client_key']),
        ['org_id', 'client_key'],
        ['org_id', 'client_key']
    ) }}"
) }}

with {% call touched(['org_id', 'client_key']) %}{{ since('client', ['org_id', 'client_key']) }}{% endcall %}

select
    client.org_id,
    client.client_key,
    client.birth_month,
    client.zip3,
    client.state,
    client.source,
    client.home_location_id,
    {{ has_word('client.flags', 'vip') }} as is_vip,
    {{ has_word('client.flags', 'do_not_treat') }} as is_do_not_treat,
    {{ has_word('client.flags', 'deceased') }} as is_deceased,
    {{ has_word('client.flags', 'minor') }} as is_minor,
    {{ has_word('client.flags', 'no_recall') }} as is_no_recall,
    {{ build_id() }}
from {{ ref('stg_operational__client') }} as client
{{ only_touched('client', ['org_id', 'client_key']) }}
where client.merged_into_id is null
