"""Which services `medspa up` runs, with their commands, ports and addresses."""

from __future__ import annotations

import importlib.util
import json
import sys

from medspa.kernel.settings import Settings
from medspa.local import dagster_home
from medspa.local.files import write_private
from medspa.local.services import Service, ServiceFailed, is_free

PORTS_TRIED = 20
DAGSTER_START = 180.0
"""Seconds. Importing Dagster, dbt and the definitions takes 10 to 45 of them on two busy cores."""


def services(settings: Settings) -> list[Service]:
    """Every service in the order of starting. Raises ServiceFailed when a chosen port is taken."""
    taken: set[int] = set()
    common = {"MEDSPA_HOME": str(settings.home.absolute()), "MEDSPA_MODE": settings.mode}
    web = _web(settings, common, taken)
    # Links that are sent name the port that pages are served on, whichever was free.
    served = web.environment
    settling = (sys.executable, "-m", "medspa.local.settling", "--origin", web.url)
    messaging = (sys.executable, "-m", "medspa.local.messaging", "--origin", web.url)
    sealing = (sys.executable, "-m", "medspa.local.sealing")
    planned = [
        web,
        Service("settling", settling, served),
        Service("messaging", messaging, served),
        Service("sealing", sealing, common),
    ]
    if _exists("pipelines.definitions"):
        planned += _dagster(settings, common, taken)
    if _exists("pipelines.worker"):
        environment = {**common, **dagster_home.environment(settings)}
        planned.append(Service("worker", (sys.executable, "-m", "pipelines.worker"), environment))
    return planned


def _web(settings: Settings, common: dict[str, str], taken: set[int]) -> Service:
    port = _port(settings, "port", settings.host, taken)
    address = f"http://{settings.host}:{port}"
    command = (sys.executable, "-m", "medspa.local.web", "--host", settings.host, "--port", str(port))
    return Service("web", command, {**common, "MEDSPA_PORT": str(port)}, port=port, url=address)


def _dagster(settings: Settings, common: dict[str, str], taken: set[int]) -> list[Service]:
    environment = {**common, **dagster_home.environment(settings)}
    code_port = _free_from(settings.dagster_port + 1, "127.0.0.1", taken)
    port = _port(settings, "dagster_port", "127.0.0.1", taken)
    workspace = settings.home.absolute() / "dagster" / "workspace.yaml"
    server = {"host": "127.0.0.1", "port": code_port, "location_name": "medspa"}
    # JSON is YAML. One code server for both: each process of its own would import everything again.
    write_private(workspace, json.dumps({"load_from": [{"grpc_server": server}]}) + "\n")
    dagster = (sys.executable, "-m", "dagster")
    on_code_port = ("--host", "127.0.0.1", "--port", str(code_port))
    return [
        Service(
            "dagster-code",
            (*dagster, "api", "grpc", "-m", "pipelines.definitions", *on_code_port),
            environment,
            port=code_port,
            start_timeout=DAGSTER_START,
        ),
        Service(
            "dagster",
            (
                sys.executable,
                "-m",
                "dagster_webserver",
                "-h",
                "127.0.0.1",
                "-p",
                str(port),
                "-w",
                str(workspace),
            ),
            environment,
            port=port,
            url=f"http://127.0.0.1:{port}",
            start_timeout=DAGSTER_START,
        ),
        Service(
            "dagster-daemon",
            (sys.executable, "-m", "dagster._daemon", "run", "-w", str(workspace)),
            environment,
        ),
    ]


def _exists(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _port(settings: Settings, name: str, host: str, taken: set[int]) -> int:
    """The port that was set, which must be free; or, when none was set, the first free one."""
    wanted: int = getattr(settings, name)
    if name not in settings.model_fields_set or wanted == 0:
        return _free_from(wanted or 8000, host, taken)
    if not is_free(host, wanted):
        raise ServiceFailed(f"Port {wanted} is in use; free it or set MEDSPA_{name.upper()} to another one.")
    taken.add(wanted)
    return wanted


def _free_from(first: int, host: str, taken: set[int]) -> int:
    for port in range(first, first + PORTS_TRIED):
        if port not in taken and is_free(host, port):
            taken.add(port)
            return port
    raise ServiceFailed(f"No free port between {first} and {first + PORTS_TRIED - 1}; set MEDSPA_PORT.")
