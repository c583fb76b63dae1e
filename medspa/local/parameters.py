"""The server parameters of the embedded clusters, each with its reason. Role settings are in roles.py."""

from __future__ import annotations

COMMON: dict[str, str | int] = {
    "listen_addresses": "127.0.0.1",
    # No unix sockets: every connection is TCP with a password, the same as against an external server.
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": 200,
    "timezone": "UTC",
    "log_timezone": "UTC",
    # An abandoned transaction holds back change capture and vacuum.
    "idle_in_transaction_session_timeout": "10min",
    # Lets a server notice a client that died in a long query and free its locks.
    "client_connection_check_interval": "5s",
    "jit": "off",
    # What the server writes down must not contain a row's values. Errors quote them ("invalid input
    # syntax for type date: ..."), so errors stay with the session that caused them: `log` ranks above
    # `error` here and lets through the server's own events, fatal errors and panics.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "server-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_file_mode": "0600",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": -1,
    "log_parameter_max_length": 0,
    "log_parameter_max_length_on_error": 0,
    "log_lock_waits": "off",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}

BY_CLUSTER: dict[str, dict[str, str | int]] = {
    "operational": {"shared_buffers": "256MB", "random_page_cost": "1.1"},
    "warehouse": {
        "shared_buffers": "256MB",
        "random_page_cost": "1.1",
        "work_mem": "64MB",
        "maintenance_work_mem": "256MB",
        "max_wal_size": "4GB",
    },
}

NOT_DURABLE: dict[str, str | int] = {
    # Only for test clusters that are thrown away; live mode refuses a server with fsync off.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "autovacuum_naptime": "10s",
    # Their passwords are random and live for minutes: hashing them takes more than half of a connection.
    "scram_iterations": 1,
}


def render(port: int, cluster: str, *, durable: bool) -> str:
    """The text of the configuration file that the launcher rewrites before every start."""
    values: dict[str, str | int] = {**COMMON, **BY_CLUSTER.get(cluster, {}), "port": port}
    if not durable:
        values |= NOT_DURABLE
    lines = [f"{name} = {_quoted(value)}" for name, value in sorted(values.items())]
    return "# Written before every start; changes are overwritten.\n" + "\n".join(lines) + "\n"


def _quoted(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
