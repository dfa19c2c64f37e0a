"""`verify_apk` accepts sound APKs and refuses all others."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
import zipfile

import pytest

from tfsqueeze.utils.errors import UserError

pytest.importorskip("elftools", reason="pip install '.[android]'")
pytestmark = pytest.mark.android

MODEL = b"TFL3" * 1000


@pytest.fixture(scope="module")
def libraries():
    from android_demo.toolchain.build import LIBRARY, native_libraries

    return {f"lib/{abi}/{LIBRARY}": content for abi, content in native_libraries().items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("apk")


@pytest.fixture(scope="module")
def linked(folder):
    from android_demo.toolchain.resources import link

    assets = folder / "assets"
    assets.mkdir()
    (assets / "topics.tflite").write_bytes(MODEL)
    return link(assets, folder / "resources")


@pytest.fixture
def make(folder, linked, tmp_path):
    """Returns a function that packs and signs an APK."""
    from android_demo.toolchain import apk

    def make_(files, resources=linked):
        unsigned, signed = tmp_path / "unsigned.apk", tmp_path / "signed.apk"
        apk.pack(resources, {"classes.dex": b"no code", **files}, unsigned)
        apk.sign(unsigned, signed, folder / "debug.keystore")
        return signed

    return make_


def verify(path):
    from android_demo.toolchain.verify import verify_apk

    return verify_apk(path)


def test_a_whole_apk_passes_and_is_described(make, libraries):
    facts = verify(make(libraries))
    assert facts["schemes"] == ["v2", "v3"] and facts["permissions"] == []
    assert facts["sdk"] == [24, 36] and facts["models"] == {"topics.tflite": len(MODEL)}
    assert facts["libraries"]["arm64-v8a"]["page_size"] == 16384


def test_one_byte_changed_is_found(make, libraries):
    path = make(libraries)
    content = bytearray(path.read_bytes())
    content[content.index(MODEL)] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="apksigner failed"):
        verify(path)


def test_an_unsigned_apk_is_refused(make, libraries):
    path = make(libraries)
    with pytest.raises(UserError, match="apksigner failed"):
        verify(path.with_name("unsigned.apk"))


def test_a_missing_library_is_named(make, libraries):
    name = next(name for name in libraries if "x86_64" in name)
    with pytest.raises(UserError, match=f"lacks {name}"):
        verify(make({key: value for key, value in libraries.items() if key != name}))


def test_an_apk_without_a_model_is_refused(make, libraries, linked, tmp_path):
    bare = tmp_path / "bare.apk"
    with zipfile.ZipFile(linked) as source, zipfile.ZipFile(bare, "w") as target:
        for entry in source.infolist():
            if not entry.filename.startswith("assets/"):
                target.writestr(entry, source.read(entry))
    with pytest.raises(UserError, match="has no model"):
        verify(make(libraries, bare))


def test_a_permission_is_refused(make, libraries, tmp_path, monkeypatch):
    from android_demo.toolchain import resources

    main = tmp_path / "main"
    main.mkdir()
    (main / "res").symlink_to(resources._MAIN / "res")
    manifest = ElementTree.parse(resources._MAIN / "AndroidManifest.xml")
    name = {f"{{{resources.ANDROID_NAMESPACE}}}name": "android.permission.INTERNET"}
    ElementTree.SubElement(manifest.getroot(), "uses-permission", name)
    manifest.write(main / "AndroidManifest.xml", "utf-8")
    monkeypatch.setattr(resources, "_MAIN", main)
    assets = tmp_path / "assets"
    assets.mkdir()
    (assets / "topics.tflite").write_bytes(MODEL)
    asking = resources.link(assets, tmp_path / "resources")
    with pytest.raises(UserError, match="asks for .*android.permission.INTERNET"):
        verify(make(libraries, asking))


def test_libraries_off_their_pages_are_refused(make, libraries, monkeypatch):
    from android_demo.toolchain import apk

    monkeypatch.setattr(apk, "PAGE", 4096)
    shift = {"assets/shift.tflite": bytes(5000)}
    with pytest.raises(UserError, match="starts no page of 16,384 bytes"):
        verify(make({**libraries, **shift}))


def test_an_arm64_library_for_small_pages_is_refused(make, libraries):
    from android_demo.toolchain.build import LIBRARY

    small = {**libraries, f"lib/arm64-v8a/{LIBRARY}": libraries[f"lib/x86_64/{LIBRARY}"]}
    with pytest.raises(UserError, match="pages of 16 KB cannot hold"):
        verify(make(small))
