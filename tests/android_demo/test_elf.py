"""A native library laid out for larger pages has the same content in memory."""

from __future__ import annotations

import io
import zipfile

import pytest

from tfsqueeze.utils.errors import UserError

pytest.importorskip("elftools", reason="pip install '.[android]'")
pytestmark = pytest.mark.android


def image(library):
    """Returns the memory that a loader fills from a library, and the library's segments."""
    from elftools.elf.elffile import ELFFile

    segments = [
        segment
        for segment in ELFFile(io.BytesIO(library)).iter_segments()
        if segment.header.p_type == "PT_LOAD"
    ]
    end = max(segment.header.p_vaddr + segment.header.p_memsz for segment in segments)
    memory = bytearray(end)
    for segment in segments:
        start = segment.header.p_vaddr
        memory[start : start + segment.header.p_filesz] = segment.data()
    return bytes(memory), segments


@pytest.fixture(scope="module")
def shipped():
    from android_demo.toolchain.build import ABIS, LIBRARY
    from android_demo.toolchain.maven import fetch

    with zipfile.ZipFile(fetch("tflite")[0]) as archive:
        return {abi: archive.read(f"jni/{abi}/{LIBRARY}") for abi in ABIS}


def test_memory_is_the_same_except_for_the_headers(shipped):
    from android_demo.toolchain.elf import PAGE, lay_out_for_pages, page_size

    library = shipped["arm64-v8a"]
    laid_out = lay_out_for_pages(library)
    assert (page_size(library), page_size(laid_out)) == (4096, PAGE)
    (before, _), (after, segments) = image(library), image(laid_out)
    headers = 64 + 9 * 56  # those of ELF, at the start
    assert before[headers:] == after[headers:]
    for segment in segments:
        assert (segment.header.p_vaddr - segment.header.p_offset) % PAGE == 0


def test_no_page_belongs_to_two_segments_or_is_both_writable_and_executable(shipped):
    from android_demo.toolchain.elf import PAGE, lay_out_for_pages

    _, segments = image(lay_out_for_pages(shipped["arm64-v8a"]))
    pages = [
        set(range(header.p_vaddr // PAGE, (header.p_vaddr + header.p_memsz - 1) // PAGE + 1))
        for header in (segment.header for segment in segments)
    ]
    assert not set.intersection(*pages) and len(pages) == 2
    read_and_run, read_and_write = 5, 6
    assert [segment.header.p_flags for segment in segments] == [read_and_run, read_and_write]


def test_sections_and_symbols_are_still_found(shipped):
    from elftools.elf.elffile import ELFFile

    from android_demo.toolchain.elf import lay_out_for_pages

    before, after = (
        ELFFile(io.BytesIO(library))
        for library in (shipped["arm64-v8a"], lay_out_for_pages(shipped["arm64-v8a"]))
    )
    for one, other in zip(before.iter_sections(), after.iter_sections(), strict=True):
        assert (one.name, one.data()) == (other.name, other.data())
    names = {symbol.name for symbol in after.get_section_by_name(".dynsym").iter_symbols()}
    assert "Java_org_tensorflow_lite_TensorFlowLite_nativeDoNothing" in names


def test_code_and_data_on_one_page_cannot_be_separated(shipped):
    from android_demo.toolchain.elf import lay_out_for_pages

    with pytest.raises(UserError, match="lie on one page of 16,384 bytes"):
        lay_out_for_pages(shipped["x86_64"])
