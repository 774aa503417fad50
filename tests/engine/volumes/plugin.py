"""A small volume plugin as a process of its own: `plugin.py SOCKET FOLDER`.

It speaks Docker's plugin protocol, keeps each volume in a folder below FOLDER, and writes down what it was
asked, a line each, in FOLDER/asked.
"""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

HOME = Path()
MOUNTED: dict[str, set[str]] = {}


class Refused(Exception):
    """What is answered as `Err`."""


def answer(method: str, words: dict[str, Any]) -> dict[str, Any]:
    name = words.get("Name", "")
    place = HOME / "volumes" / name
    if method == "Plugin.Activate":
        return {"Implements": ["VolumeDriver"]}
    if method == "VolumeDriver.Capabilities":
        return {"Capabilities": {"Scope": "global"}}
    if method == "VolumeDriver.List":
        return {"Volumes": [{"Name": one.name} for one in sorted((HOME / "volumes").iterdir())]}
    if method == "VolumeDriver.Create":
        if "refuse" in words["Opts"]:
            raise Refused(f"no volume with {words['Opts']['refuse']}")
        place.mkdir(exist_ok=True)
        return {}
    if not place.is_dir():
        raise Refused(f"volume {name} not found")
    if method == "VolumeDriver.Mount":
        MOUNTED.setdefault(name, set()).add(words["ID"])
    elif method == "VolumeDriver.Unmount":
        MOUNTED[name].remove(words["ID"])
    elif method == "VolumeDriver.Remove":
        if MOUNTED.get(name):
            raise Refused(f"volume {name} is mounted")
        shutil.rmtree(place)
        return {}
    if method == "VolumeDriver.Get":
        told = {"Name": name, "Mountpoint": str(place), "CreatedAt": "2026-01-02T03:04:05Z"}
        return {"Volume": {**told, "Status": {"users": len(MOUNTED.get(name, ()))}}}
    return {"Mountpoint": str(place)}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        words = json.loads(text or b"{}")
        method = self.path.removeprefix("/")
        with (HOME / "asked").open("a") as file:
            file.write(json.dumps([method, words]) + "\n")
        try:
            told = answer(method, words)
        except Refused as refusal:
            told = {"Err": str(refusal)}
        body = json.dumps(told).encode()
        self.send_response(500 if told.get("Err") else 200)
        self.send_header("Content-Type", "application/vnd.docker.plugins.v1.1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "stackyard"

    def log_message(self, *_: object) -> None:
        return


def main(socket: str, folder: str) -> None:
    global HOME
    HOME = Path(folder)
    (HOME / "volumes").mkdir(parents=True, exist_ok=True)
    with socketserver.UnixStreamServer(f"{socket}.new", Handler) as server:
        os.rename(f"{socket}.new", socket)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
