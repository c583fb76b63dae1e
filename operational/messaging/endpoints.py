"""All of messaging's endpoints."""

from __future__ import annotations

from operational.messaging import message_endpoints, messenger_endpoints, segment_endpoints
from operational.routing import AreaRouter

router = AreaRouter()
router.include_router(segment_endpoints.router)
router.include_router(message_endpoints.router)
router.include_router(messenger_endpoints.router)
