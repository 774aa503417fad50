"""Builds as people have them, with programs and libraries from outside.

They need a network: STACKYARD_NETWORK_TESTS names the archive of a Debian root file system to build on, and
pip, npm and the certificates are set as this machine's environment sets them.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import NETWORK

BASE = os.environ.get(NETWORK, "")
HERE = Path(__file__).resolve().parents[2]
CERTIFICATES = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
FROM_HERE = ("PIP_INDEX_URL", "NPM_CONFIG_REGISTRY", "http_proxy", "https_proxy", "no_proxy")
CERTIFIED = "--mount=type=secret,id=certificates,target=/run/certificates.crt"
CACHED = (
    "--mount=type=cache,target=/var/cache/apt,sharing=locked"
    " --mount=type=cache,target=/var/lib/apt/lists,sharing=locked"
)

pytestmark = [pytest.mark.root, pytest.mark.network, pytest.mark.timeout(600)]

SITE = {
    "Dockerfile": f"""FROM debian:bookworm
ARG PORT=80
RUN {CACHED} <<EOF
    set -e
    apt-get update
    apt-get install -y --no-install-recommends nginx-light
    sed -i "s/listen 80 default_server/listen 127.0.0.1:$PORT/; /listen \\[::\\]/d" \\
        /etc/nginx/sites-enabled/default
    ln -sf /dev/stdout /var/log/nginx/access.log
EOF
COPY site/ /var/www/html/
EXPOSE $PORT
CMD ["nginx", "-g", "daemon off;"]
""",
    "site/index.html": "<h1>It serves</h1>\n",
    "site/img/täglich.txt": "every day\n",
}

GREETER = {
    "Dockerfile": f"""# syntax=docker/dockerfile:1
FROM debian:bookworm AS python
RUN {CACHED} apt-get update && apt-get install -y --no-install-recommends python3

FROM python AS libraries
RUN {CACHED} apt-get update && apt-get install -y --no-install-recommends python3-venv
COPY requirements.txt .
ARG PIP_INDEX_URL
RUN --mount=type=cache,target=/root/.cache/pip {CERTIFIED} \\
    python3 -m venv /app && \\
    PIP_CERT=$(ls /run/certificates.crt 2> /dev/null) /app/bin/pip install -r requirements.txt

FROM python
COPY --from=libraries /app /app
COPY greet.py /app/
ENV PATH=/app/bin:$PATH
USER nobody
ENTRYPOINT ["python3", "/app/greet.py"]
CMD ["world"]
""",
    "requirements.txt": "tabulate==0.9.0\n",
    "greet.py": """import sys

from tabulate import tabulate

print(tabulate([["hello", sys.argv[1]]], tablefmt="github", headers=["what", "whom"]))
""",
}

NUMBERS = {
    "Dockerfile": f"""FROM debian:bookworm
RUN {CACHED} apt-get update && apt-get install -y --no-install-recommends nodejs npm
WORKDIR /app
COPY package.json package-lock.json ./
ARG NPM_CONFIG_REGISTRY
RUN --mount=type=cache,target=/root/.npm {CERTIFIED} \\
    NODE_EXTRA_CA_CERTS=/run/certificates.crt npm ci --omit=dev
COPY index.js .
USER nobody
CMD ["node", "index.js"]
""",
    "package.json": """{"name": "numbers", "version": "1.0.0", "dependencies": {"is-odd": "3.0.1"}}
""",
    "package-lock.json": """{
  "name": "numbers", "version": "1.0.0", "lockfileVersion": 3, "requires": true,
  "packages": {
    "": {"name": "numbers", "version": "1.0.0", "dependencies": {"is-odd": "3.0.1"}},
    "node_modules/is-number": {
      "version": "6.0.0", "license": "MIT", "engines": {"node": ">=0.10.0"},
      "integrity":
        "sha512-Wu1VHeILBK8KAWJUAiSZQX94GmOE45Rg6/538fKwiloUu21KncEkYGPqob2oSZ5mUT73vLGrHQjKw3KMPwfDzg=="
    },
    "node_modules/is-odd": {
      "version": "3.0.1", "license": "MIT", "engines": {"node": ">=4"},
      "dependencies": {"is-number": "^6.0.0"},
      "integrity":
        "sha512-CQpnWPrDwmP1+SMHXZhtLtJv90yiyVfluGsX5iNCVkrhQtU3TQHsUWPG9wkdk9Lgd5yNpAg9jQEo90CBaXgWMA=="
    }
  }
}
""",
    "index.js": "console.log(`7 is odd: ${require('is-odd')(7)}`);\n",
}


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of its own with the base in it."""
    root = str(tmp_path_factory.mktemp("real") / "yard")
    stackyard(root, "import", BASE, "debian:bookworm")
    return root


def stackyard(root: str, *words: str) -> str:
    """Run `stackyard` to its good end; return what it printed."""
    command = [sys.executable, "-m", "app.main", "--root", root, *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def built(root: str, folder: Path, name: str, project: Mapping[str, str], *more: str) -> str:
    """Build a project with this machine's settings; return what was printed."""
    for path, text in project.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    wanted = [f"--build-arg={name}" for name in FROM_HERE if os.environ.get(name)]
    if Path(CERTIFICATES).exists():
        wanted.append(f"--secret=id=certificates,src={CERTIFICATES}")
    return stackyard(root, "build", "-t", name, *wanted, *more, str(folder))


def again(root: str, folder: Path, name: str, *more: str) -> list[str]:
    """Build once more; return the steps that were carried out."""
    lines = built(root, folder, name, {}, *more).splitlines()
    return [
        line.partition(" : ")[2]
        for line, answer in pairwise(lines)
        if line.startswith("Step ") and answer != " ---> Using cache" and line.split()[3] != "FROM"
    ]


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def server(yard: str, tmp_path: Path, port: int) -> Iterator[str]:
    built(yard, tmp_path, "site", SITE, f"--build-arg=PORT={port}")
    stackyard(yard, "run", "-d", "--name", "site", "--network", "host", "site")
    yield f"http://127.0.0.1:{port}"
    stackyard(yard, "rm", "-f", "site")


def fetched(address: str) -> str:
    for _ in range(200):
        try:
            with urllib.request.urlopen(address) as answer:
                return str(answer.read().decode())
        except urllib.error.URLError as error:
            if isinstance(error, urllib.error.HTTPError):
                raise
            time.sleep(0.05)
    raise AssertionError(f"nobody answers at {address}")


def test_a_web_server_of_debians_serves_the_site_that_was_copied_in(
    yard: str, tmp_path: Path, server: str, port: int
) -> None:
    assert fetched(f"{server}/") == "<h1>It serves</h1>\n"
    assert fetched(f"{server}/img/t%C3%A4glich.txt") == "every day\n"
    assert f'"GET / HTTP/1.1" 200 {len("<h1>It serves</h1>") + 1}' in stackyard(yard, "logs", "site")

    given = f"--build-arg=PORT={port}"
    assert again(yard, tmp_path, "site", given) == []
    (tmp_path / "site/index.html").write_text("<h1>It serves more</h1>\n")
    assert [step.split()[0] for step in again(yard, tmp_path, "site", given)] == ["COPY", "EXPOSE", "CMD"]
    assert str(port) in stackyard(yard, "inspect", "-f", "{{json .Config.ExposedPorts}}", "site")


def test_a_python_application_is_installed_in_one_stage_and_runs_from_another(
    yard: str, tmp_path: Path
) -> None:
    built(yard, tmp_path, "greeter", GREETER)

    assert stackyard(yard, "run", "--rm", "greeter") == (
        "| what   | whom   |\n|--------|--------|\n| hello  | world  |\n"
    )
    assert "| Ada " in stackyard(yard, "run", "--rm", "greeter", "Ada")
    look = "ls -A /root /run /requirements.txt 2> /dev/null; python3 -c 'import ensurepip' 2>&1 | tail -1"
    left = stackyard(yard, "run", "--rm", "--user", "0", "--entrypoint", "sh", "greeter", "-c", look)
    assert not {".cache", "certificates.crt", "requirements.txt"} & set(left.split())
    assert "No module named 'ensurepip'" in left

    (tmp_path / "greet.py").write_text("print('hi')\n")
    assert again(yard, tmp_path, "greeter")[0] == "COPY greet.py /app/"
    assert stackyard(yard, "run", "--rm", "greeter") == "hi\n"


def test_a_node_application_gets_what_its_lock_file_says(yard: str, tmp_path: Path) -> None:
    built(yard, tmp_path, "numbers", NUMBERS)

    assert stackyard(yard, "run", "--rm", "numbers") == "7 is odd: true\n"
    assert stackyard(yard, "run", "--rm", "numbers", "ls", "node_modules") == "is-number\nis-odd\n"

    (tmp_path / "index.js").write_text("console.log('no numbers');\n")
    assert [step.split()[0] for step in again(yard, tmp_path, "numbers")] == ["COPY", "USER", "CMD"]
    assert stackyard(yard, "run", "--rm", "numbers") == "no numbers\n"
