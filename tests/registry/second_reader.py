"""Another client reads what this one pushed: `python -m tests.registry.second_reader`.

The Python package oras, in an environment of its own that uv makes (so it needs a package index),
pulls a bundle from Debian's docker-registry by its tag, and reads the referrers by the fallback tag
of the specification, as it knows no referrers itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from gates.registry import Registry
from gates.registry.remote import Remote
from tests.registry import debian
from tests.registry.server import PASSWORD, USER
from tests.registry.test_debian import write_certificate
from tests.registry.test_remote import BUNDLE, push

ORAS = "oras==0.2.43"
READER = """
import json, pathlib, sys
import oras.client
host, folder = sys.argv[1:3]
client = oras.client.OrasClient(hostname=host, tls_verify=False, auth_backend="basic")
client.auth.set_basic_auth(*sys.argv[3:5])
name = f"{host}/m/mod"
(file,) = client.pull(target=f"{name}:1.0.0_b.1", outdir=folder)
kinds = ["application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json"]
get = lambda tag: client.get_manifest(f"{name}{tag}", allowed_media_type=kinds)
digest = sys.argv[5]
index = get(":" + digest.replace(":", "-"))
found = []
for each in index["manifests"]:
    manifest = get("@" + each["digest"])
    (layer,) = manifest["layers"]
    blob = client.get_blob(name, layer["digest"])
    found.append([manifest["subject"]["digest"], blob.content.decode()])
print(json.dumps([file, found]))
"""


def main() -> int:
    server = debian.program()
    if server is None:
        sys.stderr.write("this machine has no apt-get to fetch docker-registry with\n")
        return 3
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_certificate(root / "server.pem")
        with debian.running(server, root) as port:
            host = f"127.0.0.1:{port}"
            login = {host: {"username": USER, "password": PASSWORD}}
            (root / "config.json").write_text(json.dumps({"auths": login}))
            os.environ["DOCKER_CONFIG"] = folder
            place = Remote.open(f"oci://{host}/m", authorities=root / "server.pem")
            registry = Registry(place)
            pushed = push(registry)
            envelopes = [f"envelope of {each}" for each in ("lint", "test")]
            for each in envelopes:
                registry.attach(pushed, each.rpartition(" ")[2], each.encode())
            (root / "out").mkdir()
            reader = [
                str(Path(sys.executable).with_name("uv")), "run", "--no-project", "--with", ORAS,
                "python", "-W", "ignore", "-c", READER, host, str(root / "out"), USER, PASSWORD,
                pushed.manifest,
            ]  # fmt: skip
            done = subprocess.run(reader, capture_output=True, text=True, cwd=folder)
            if done.returncode:
                sys.stderr.write(done.stderr)
                return 1
            file, referrers = json.loads(done.stdout.splitlines()[-1])
            assert Path(file).read_bytes() == BUNDLE
            assert referrers == [[pushed.manifest, each] for each in envelopes]
    digest = hashlib.sha256(BUNDLE).hexdigest()
    sys.stdout.write(f"{ORAS} reads the bundle {digest[:12]} and {len(referrers)} referrers\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
