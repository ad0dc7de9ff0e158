"""What the examples, the unit and the image say is what the program takes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sightline.formats.site_yaml import read_site

ROOT = Path(__file__).resolve().parents[3]


def test_the_example_of_a_site_is_sound() -> None:
    site = read_site(ROOT / "examples" / "site.yaml")
    assert len(site.cameras) == 3
    assert all(camera.rules for camera in site.cameras.values())


def test_the_unit_and_the_image_start_the_service() -> None:
    unit = (ROOT / "deploy" / "sightline.service").read_text(encoding="utf-8")
    image = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
    assert re.search(r"^ExecStart=\S+/sightline run /etc/sightline/site.yaml$", unit, re.MULTILINE)
    assert 'ENTRYPOINT ["sightline"]' in image
    assert 'CMD ["run", "/etc/sightline/site.yaml"]' in image
    assert re.search(r"^USER 10001", image, re.MULTILINE), "not as root"
    for copied in re.findall(r"^COPY (?!--from)(.*) \S+$", image, re.MULTILINE):
        assert all((ROOT / name).exists() for name in copied.split()), copied


def test_the_unit_is_valid(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("needs systemd-analyze")
    unit = (ROOT / "deploy" / "sightline.service").read_text(encoding="utf-8")
    tried = tmp_path / "sightline.service"
    tried.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit, flags=re.MULTILINE), encoding="utf-8")
    done = subprocess.run([analyze, "verify", str(tried)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == ""
