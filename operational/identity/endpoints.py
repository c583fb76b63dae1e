"""All of identity's endpoints of the API."""

from __future__ import annotations

from operational.identity import people_endpoints, session_endpoints
from operational.routing import AreaRouter

router = AreaRouter()
router.include_router(session_endpoints.router)
router.include_router(people_endpoints.router)
