"""All of the organization's endpoints."""

from __future__ import annotations

from fastapi import APIRouter

from operational.organization import credentials, setup_endpoints

router = APIRouter()
router.include_router(setup_endpoints.router)
router.include_router(credentials.router)
