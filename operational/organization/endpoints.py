"""All of the organization's endpoints."""

from __future__ import annotations

from operational.organization import credentials, setup_endpoints
from operational.routing import AreaRouter

router = AreaRouter()
router.include_router(setup_endpoints.router)
router.include_router(credentials.router)
