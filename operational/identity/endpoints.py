"""All of identity's endpoints."""

from __future__ import annotations

from fastapi import APIRouter

from operational.identity import pages, people_endpoints, session_endpoints

router = APIRouter()
router.include_router(session_endpoints.router)
router.include_router(people_endpoints.router)
router.include_router(pages.pages)
