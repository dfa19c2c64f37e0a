"""Native libraries and the memory pages that they are mapped to."""

from __future__ import annotations

import io

from elftools.elf.elffile import ELFFile

from tfsqueeze.utils.errors import UserError

# Phones with Android 15 and later may have these; until then pages had 4 KB.
PAGE = 16384


def page_size(library: bytes) -> int:
    """The largest pages, in bytes, that a shared library's segments are laid out for."""
    return min(header.p_align for header in _segments(library)[1] if header.p_type == "PT_LOAD")


def lay_out_for_pages(library: bytes, page: int = PAGE) -> bytes:
    """Lays a shared library out for larger pages, addresses, code and data unchanged.

    A library linked for 4 KB pages has two writable segments: what is read-only once it is
    relocated, and data. In larger pages the second would begin on the first's last one, so they
    become one, for which the file gets the zeros between them; and what is on a page with data
    stays writable.

    Raises UserError where code and writable data lie on one page: no layout of the file separates
    them, as code knows how far its data are.
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
            place = position + index * size
            moved[place : place + size] = kind.build(item)
    return bytes(moved)


def _segments(library: bytes):
    elf = ELFFile(io.BytesIO(library))
    return elf, [segment.header for segment in elf.iter_segments()]


def without_symbol_versions(library: bytes) -> bytes:
    """Hides the versions of a shared library's symbols, so that a loader goes by names alone."""
    elf, _ = _segments(library)
    hidden = {"DT_VERSYM", "DT_VERNEED", "DT_VERNEEDNUM", "DT_VERDEF", "DT_VERDEFNUM"}
    dynamic = elf.get_section_by_name(".dynamic")
    changed = bytearray(library)
    for index, tag in enumerate(dynamic.iter_tags()):
        if tag.entry.d_tag in hidden:
            place = dynamic.header.sh_offset + index * elf.structs.Elf_Dyn.sizeof()
            tag.entry.d_tag = "DT_DEBUG"  # Which loaders of libraries leave alone.
            tag.entry.d_val = tag.entry.d_ptr = 0
            changed[place : place + elf.structs.Elf_Dyn.sizeof()] = elf.structs.Elf_Dyn.build(
                tag.entry
            )
    return bytes(changed)
