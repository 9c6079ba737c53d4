"""The files attached to a PDF, of the one form in which reports are written. It must not read another form, or guess.

Each object is found where the one table of the file says, as a viewer finds it: two readers cannot find two attachments.
"""

import re
import zlib

from oversight_verify.faults import Unreadable

MAX_PDF = 64 * 1024 * 1024
MAX_ATTACHED = 64 * 1024 * 1024
_END = re.compile(
    rb"trailer\n<</Size ([0-9]{1,7})/Root ([0-9]{1,7}) 0 R(?:/Info [0-9]+ 0 R)?/ID\[[^\]]*\]>>\nstartxref\n([0-9]{1,9})\n%%EOF\n?"
)
_PLACE = re.compile(rb"([0-9]{10}) 00000 n\r\n")
_NAMES = re.compile(rb"/Names<</EmbeddedFiles<</Names\[((?:\([a-z.]+\)[0-9]{1,7} 0 R)+)\]>>>>")
_NAMED = re.compile(rb"\(([a-z.]+)\)([0-9]+) 0 R")
_FILE = re.compile(
    rb"<</Type/Filespec/F\(([a-z.]+)\)/UF\(([a-z.]+)\)/EF<</F ([0-9]{1,7}) 0 R/UF ([0-9]{1,7}) 0 R>>[^\n]*>>\nendobj\n"
)
_STREAM = re.compile(
    rb"<</Length ([0-9]{1,9})/Type/EmbeddedFile(/Filter/FlateDecode)?/Subtype/[^/\n]*/Params<</Size [^\n]*>>\nstream\n"
)
_OTHER = "it is not a report: a report is a PDF as this product writes it, with two files attached"


def read_attachments(raw: bytes) -> dict[str, bytes]:
    """Name → content of each attachment of the PDF `raw`. Raises Unreadable."""
    file = _File(raw)
    names = _NAMES.findall(file.object(file.root).partition(b"\nendobj\n")[0])
    if len(names) != 1:
        raise Unreadable(_OTHER)
    found: dict[str, bytes] = {}
    for name, number in _NAMED.findall(names[0]):
        spec = _FILE.match(file.object(int(number)))
        if spec is None or {spec[1], spec[2]} != {name} or spec[3] != spec[4] or name.decode() in found:
            raise Unreadable(_OTHER)
        found[name.decode()] = file.stream(int(spec[3]))
    return found


class _File:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        end = _END.fullmatch(raw, max(0, raw.rfind(b"trailer\n")))
        if not raw.startswith(b"%PDF-1.7\n") or end is None:
            raise Unreadable(_OTHER)
        self.size, self.root, table = (int(part) for part in end.groups())
        head = b"xref\n0 %d\n" % self.size
        self.places = table + len(head)
        # One table, up to the end: what a later table says of an object would count for a viewer.
        if raw[table : self.places] != head or self.places + 20 * self.size != end.start():
            raise Unreadable(_OTHER)

    def object(self, number: int) -> bytes:
        """The file from where object `number` begins."""
        place = _PLACE.fullmatch(self.raw, self.places + 20 * number, self.places + 20 * number + 20)
        if not 0 < number < self.size or place is None:
            raise Unreadable(_OTHER)
        head, at = b"%d 0 obj\n" % number, int(place[1])
        if self.raw[at : at + len(head)] != head:
            raise Unreadable(_OTHER)
        return self.raw[at + len(head) :]

    def stream(self, number: int) -> bytes:
        found = self.object(number)
        head = _STREAM.match(found)
        if head is None:
            raise Unreadable(_OTHER)
        end = head.end() + int(head[1])
        content = found[head.end() : end]
        if found[end : end + 18] != b"\nendstream\nendobj\n":
            raise Unreadable(_OTHER)
        return _unpacked(content) if head[2] else content


def _unpacked(content: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        found = unpacking.decompress(content, MAX_ATTACHED)
    except zlib.error:
        raise Unreadable(_OTHER) from None
    if not unpacking.eof or unpacking.unused_data:
        raise Unreadable(_OTHER)
    return found
