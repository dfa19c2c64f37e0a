"""Lays native libraries out for larger memory pages.

By hand, on pyelftools, since objcopy and patchelf keep the segments of a linked library.
"""

from __future__ import annotations

import io

from elftools.elf.elffile import ELFFile

from tfsqueeze.utils.errors import UserError

# The memory page, in bytes, of phones with Android 15 and later; before, pages had 4 KB.
PAGE = 16384


def page_size(library: bytes) -> int:
    """Returns the largest page, in bytes, that a shared library's segments are laid out for."""
    return min(header.p_align for header in _segments(library)[1] if header.p_type == "PT_LOAD")


def lay_out_for_pages(library: bytes, page: int = PAGE) -> bytes:
    """Lays a shared library out for larger pages, with addresses, code and data unchanged.

    A library linked for pages of 4 KB has two writable segments: one that becomes read-only after
    relocation, and the data. With larger pages the second would begin on the last page of the
    first. So they become one segment, for which the file gets the zeros between them. What shares
    a page with data stays writable.

    Args:
        library: the bytes of the library.
        page: the page to lay it out for, in bytes.

    Returns:
        The bytes of the new library.

    Raises:
        UserError: code and writable data lie on one page. No layout of the file can separate them,
            since the code contains its distance from the data. Or the segments are not those of a
            library linked for pages of 4 KB.
    """
    elf, headers = _segments(library)
    loads = [header for header in headers if header.p_type == "PT_LOAD"]
    code, relocated, data = loads[0], loads[1], loads[-1]
    if (
        len(loads) != 3
        or relocated.p_flags != data.p_flags
        or ((relocated.p_vaddr - relocated.p_offset) % page)
    ):
        raise UserError(
            f"the library's segments are not those of one linked for 4 KB pages: "
            f"{[hex(header.p_vaddr) for header in loads]}"
        )
    if relocated.p_vaddr // page <= (code.p_vaddr + code.p_memsz - 1) // page:
        raise UserError(
            f"code up to {code.p_vaddr + code.p_memsz:#x} and writable data from "
            f"{relocated.p_vaddr:#x} lie on one page of {page:,} bytes"
        )
    start = data.p_offset
    zeros = data.p_vaddr - relocated.p_vaddr - (data.p_offset - relocated.p_offset)
    relocated.p_filesz = data.p_vaddr + data.p_filesz - relocated.p_vaddr
    relocated.p_memsz = data.p_vaddr + data.p_memsz - relocated.p_vaddr
    data.p_type = "PT_NULL"
    for header in headers:
        if header.p_type == "PT_LOAD":
            header.p_align = page
        if header.p_type == "PT_GNU_RELRO":
            header.p_memsz = (header.p_vaddr + header.p_memsz) // page * page - header.p_vaddr
            header.p_filesz = min(header.p_filesz, header.p_memsz)
    moved = bytearray(library[:start] + bytes(zeros) + library[start:])
    sections = [section.header for section in elf.iter_sections()]
    for section in sections:
        if section.sh_offset >= start:
            section.sh_offset += zeros
    elf.header.e_shoff += zeros
    for position, size, kind, items in (
        (0, elf.header.e_ehsize, elf.structs.Elf_Ehdr, [elf.header]),
        (elf.header.e_phoff, elf.header.e_phentsize, elf.structs.Elf_Phdr, headers),
        (elf.header.e_shoff, elf.header.e_shentsize, elf.structs.Elf_Shdr, sections),
    ):
        for index, item in enumerate(items):
            start = position + index * size
            moved[start : start + size] = kind.build(item)
    return bytes(moved)


def _segments(library: bytes):
    elf = ELFFile(io.BytesIO(library))
    return elf, [segment.header for segment in elf.iter_segments()]


def without_symbol_versions(library: bytes) -> bytes:
    """Hides the versions of a shared library's symbols, so that a loader compares names only.

    Args:
        library: the bytes of the library.

    Returns:
        The bytes of the changed library.
    """
    elf, _ = _segments(library)
    hidden = {"DT_VERSYM", "DT_VERNEED", "DT_VERNEEDNUM", "DT_VERDEF", "DT_VERDEFNUM"}
    dynamic = elf.get_section_by_name(".dynamic")
    changed = bytearray(library)
    for index, tag in enumerate(dynamic.iter_tags()):
        if tag.entry.d_tag in hidden:
            size = elf.structs.Elf_Dyn.sizeof()
            start = dynamic.header.sh_offset + index * size
            tag.entry.d_tag = "DT_DEBUG"  # Loaders of libraries ignore it.
            tag.entry.d_val = tag.entry.d_ptr = 0
            changed[start : start + size] = elf.structs.Elf_Dyn.build(tag.entry)
    return bytes(changed)
