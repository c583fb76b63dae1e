{# Packages whose own row, entitlements or movements of them changed, and those of clients that were merged. #}
{% macro touched_packages() -%}
{{ since('package', ['org_id', 'id']) }}
{{ since_merged('package', 'id') }}
union
{{ since('entitlement', ['org_id', 'package_id'], 'package_id is not null') }}
union
{{ touched_by_movement('package_id') }}
{%- endmacro %}

{# The same of memberships, with their periods, events and the versions of their plans. #}
{% macro touched_memberships() -%}
{{ since('membership', ['org_id', 'id']) }}
{{ since_merged('membership', 'id') }}
union
{{ since('membership_period', ['org_id', 'membership_id']) }}
union
{{ since('membership_event', ['org_id', 'membership_id']) }}
union
select membership.org_id, membership.id
from {{ source('raw', 'membership') }} as membership
inner join ({{ since('membership_plan_version', ['org_id', 'id']) }}) as version
    on version.org_id = membership.org_id and version.id = membership.membership_plan_version_id
union
select happened.org_id, happened.membership_id
from {{ source('raw', 'membership_event') }} as happened
inner join ({{ since('membership_plan_version', ['org_id', 'id']) }}) as version
    on version.org_id = happened.org_id and version.id = happened.membership_plan_version_id
union
{{ since('entitlement', ['org_id', 'membership_id'], 'membership_id is not null') }}
union
{{ touched_by_movement('membership_id') }}
{%- endmacro %}

{# Contracts some of whose entitlements were used, refunded or expired. #}
{% macro touched_by_movement(contract) -%}
select held.org_id, held.{{ contract }}
from {{ source('raw', 'entitlement') }} as held
inner join ({{ since('entitlement_movement', ['org_id', 'entitlement_id']) }}) as moved
    on moved.org_id = held.org_id and moved.entitlement_id = held.id
where held.{{ contract }} is not null
{%- endmacro %}

{# Clients whose visits, memberships, cards, credit or purchases changed; all of an organization whose
   membership plans did. #}
{% macro touched_holders() -%}
{{ touched_visitors() }}
union
select resolved.org_id, resolved.client_key
from {{ ref('int_clients__resolved') }} as resolved
inner join (
    {{ since('membership', ['org_id', 'client_id']) }}
    union
    {{ since('posting', ['org_id', 'client_id'], "account = '2110'") }}
    union
    {{ since('gift_card', ['org_id', 'purchaser_id']) }}
    union
    select card.org_id, card.purchaser_id
    from {{ source('raw', 'gift_card') }} as card
    inner join ({{ since('posting', ['org_id', 'gift_card_id'], "account = '2200'") }}) as posted
        on posted.org_id = card.org_id and posted.gift_card_id = card.id
    union
    {{ since('invoice', ['org_id', 'client_id']) }}
    union
    select invoice.org_id, invoice.client_id
    from {{ source('raw', 'invoice') }} as invoice
    inner join ({{ since('invoice_line', ['org_id', 'invoice_id']) }}) as line
        on line.org_id = invoice.org_id and line.invoice_id = invoice.id
    union
    select client.org_id, client.id
    from {{ source('raw', 'client') }} as client
    inner join (
        {{ since('membership_plan', ['org_id']) }}
        union
        {{ since('membership_plan_version', ['org_id']) }}
        union
        {{ since('membership_plan_credit', ['org_id']) }}
    ) as plan
        on plan.org_id = client.org_id
) as moved (org_id, client_id)
    on moved.org_id = resolved.org_id and moved.client_id = resolved.client_id
{%- endmacro %}
