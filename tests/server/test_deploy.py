"""What `deploy/` starts is what there is: its configuration, its commands, and the walls around them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from omnitalker.base.config import load_config
from omnitalker.demo.launch import DemoSettings, check_open
from omnitalker.server.settings import ServeConfig
from tests.docs.test_commands import understand

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()


def test_the_server_has_keys_and_names_and_trusts_the_proxy_alone() -> None:
    config = load_config(ServeConfig, DEPLOY / "serve.yaml")
    assert config.keys_file
    assert config.hosts
    assert not config.insecure
    assert list(config.proxies) == [COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"]]
    mounted = [volume.split(":")[1] for volume in COMPOSE["services"]["server"]["volumes"]]
    assert config.keys_file in mounted
    started = re.search(r'^CMD \["omnitalker", (.+)\]$', CONTAINERFILE, re.MULTILINE)
    assert started is not None
    arguments = [word.strip(' "') for word in started[1].split(",")]
    understand(arguments)
    assert arguments[arguments.index("--config") + 1] in mounted


def test_the_page_asks_for_a_password() -> None:
    script = COMPOSE["services"]["demo"]["command"][-1]
    command = shlex.split(script.replace("$$(cat /run/secrets/demo_password)", "ann:secret"))
    arguments = command[command.index("omnitalker") + 1 :]
    understand(arguments)
    host = arguments[arguments.index("--host") + 1]
    assert "--insecure" not in arguments
    check_open(
        DemoSettings(host=host, auth=tuple(arguments[arguments.index("--auth") + 1].split(":")))
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["server", "demo"])
def test_each_is_confined(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["cpus"]
    assert "ports" not in service, "only the proxy is reached from outside"
    assert f"USER {service['user']}" in CONTAINERFILE
    assert service["user"] != "0"
    assert "privileged" not in service


def test_the_proxy_leads_to_both() -> None:
    caddy = (DEPLOY / "Caddyfile").read_text()
    for name, port in (("demo", DemoSettings.port), ("server", ServeConfig.port)):
        assert f"reverse_proxy {name}:{port}" in caddy
        assert re.search(rf"^EXPOSE .*\b{port}\b", CONTAINERFILE, re.MULTILINE)
