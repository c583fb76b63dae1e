{# Leads that may read differently: their own rows, and those of clients whose visits do. #}
{% macro touched_leads() -%}
{{ since('lead', ['org_id', 'id']) }}
{{ since_merged('lead', 'id') }}
union
select lead.org_id, lead.id
from {{ source('raw', 'lead') }} as lead
inner join {{ ref('int_clients__resolved') }} as resolved
    on resolved.org_id = lead.org_id and resolved.client_id = lead.client_id
inner join ({{ touched_visitors() }}) as visitor (org_id, client_key)
    on visitor.org_id = resolved.org_id and visitor.client_key = resolved.client_key
{%- endmacro %}
