"""What a file is by its first bytes, whatever its name: a table that is read, or one that is named with what to do.

Told apart: xlsx (and workbooks that only look like it), old .xls, workbooks with a password, web pages, XML
Spreadsheet 2003, OpenDocument, web archives, pdf, other archives, JSON. Sources: [MS-CFB] and [MS-OFFCRYPTO] (compound
files), ISO/IEC 29500-1 (strict and transitional namespaces), ISO/IEC 26300 (OpenDocument).
"""

import re
import zipfile
from pathlib import Path

from xingate_adapters.reading import files
from xingate_adapters.reading.errors import SourceError

ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_LOOKED_AT_BYTES = 1 << 20
_WEB_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|head|body|meta|table|style|div|!--)", re.IGNORECASE
)
_XML = re.compile(r"\s*<(?:\?xml|[A-Za-z_][\w.:-]*[\s/>])")
_JSON = re.compile(r"\s*(?:\[\s*[\[{\]]|\{\s*[\"}])")
_SCRIPT = re.compile(r"\s*(?:(?:var|let|const)\s+[\w$.]+\s*=|[\w$.]+\s*[=(])\s*[\[{]")
_SPREADSHEET_2003 = "urn:schemas-microsoft-com:office:spreadsheet"
_SAVE = "open it in a spreadsheet program and save it as xlsx"
_READ = "xlsx or csv"
_STRICT = b"http://purl.oclc.org/ooxml/"
_OTHER_BYTES = {
    b"%PDF": ("a pdf document", "ask for the list as xlsx or csv"),
    b"Rar!": ("a rar archive", "unpack it"),
    b"7z\xbc\xaf": ("a 7z archive", "unpack it"),
    b"{\\rtf": ("a text document (rtf)", "ask for the list as xlsx or csv"),
    b"MIME-Version:": ("a web archive (mht)", _SAVE),
}


def is_workbook(file: Path) -> bool:
    """Whether the bytes are those of a zip archive, as an xlsx is."""
    return files.first_bytes(file).startswith(ZIP)


def refuse_other_bytes(file: Path) -> None:
    """Raise `SourceError` for files that hold no text: old and encrypted workbooks, pdf, archives."""
    head = files.first_bytes(file, 16)
    if head.startswith(_OLE):
        raise _compound(file)
    for magic, (what, hint) in _OTHER_BYTES.items():
        if head.startswith(magic):
            raise SourceError(what, file=file, expected=_READ, hint=hint)


def _compound(file: Path) -> SourceError:
    """Old workbooks and encrypted ones share one container; its directory names what is inside."""
    with files.open_file(file) as stream:
        content = stream.read(_LOOKED_AT_BYTES)
    if "EncryptedPackage".encode("utf-16-le") in content or "StrongEncryption".encode("utf-16-le") in content:
        what, hint = "a workbook with a password", "open it, remove the password and save it again"
    elif any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        what, hint = "an old .xls workbook", _SAVE
    else:
        what, hint = "an old .xls workbook or an encrypted one", "save it again in that form"
    return SourceError(what, file=file, expected="xlsx without a password, or csv", hint=hint)


def form_of_text(text: str) -> str:
    """What a text is by its beginning: `html`, `xml-2003`, `xml`, `json`, or `csv` for all else."""
    if _WEB_PAGE.match(text):
        return "html"
    if _XML.match(text):
        if _SPREADSHEET_2003 in text:
            return "xml-2003"
        return "html" if "<table" in text[:4096].lower() else "xml"
    return "json" if _JSON.match(text) else "csv"


def refuse_other_text(file: Path, text: str) -> None:
    """Raise `SourceError` for text that is not csv."""
    form = form_of_text(text)
    if form == "csv" and _SCRIPT.match(text):
        form = "script"
    if form == "csv":
        return
    what, hint = {
        "html": ("a web page under the name of a table", _SAVE),
        "xml-2003": ("an XML Spreadsheet 2003 workbook", _SAVE),
        "xml": ("an xml file, no table", "check which kind of list it is"),
        "script": (
            "the file is not JSON alone: it is inside a script (`var data =`, `callback(`)",
            "remove the text before the first and behind the last bracket",
        ),
        "json": ("a JSON file, no table", "check which kind of list it is, or export it as csv"),
    }[form]
    raise SourceError(what, file=file, row=1, expected=_READ, hint=hint)


def refuse_other_archive(file: Path, archive: zipfile.ZipFile) -> None:
    """Raise `SourceError` for a zip archive that is not an xlsx in the form read here."""
    names = set(archive.namelist())
    if "mimetype" in names and b"opendocument" in archive.read("mimetype")[:200]:
        raise SourceError("an OpenDocument file (ods)", file=file, expected=_READ, hint=_SAVE)
    if "[Content_Types].xml" not in names:
        raise SourceError("a zip archive that is not a workbook", file=file, expected=_READ, hint="unpack it")
    if "xl/workbook.bin" in names:
        raise SourceError("a binary workbook (xlsb)", file=file, expected=_READ, hint=_SAVE)
    if any(name.startswith("word/") for name in names):
        raise SourceError("a text document (docx)", file=file, expected=_READ, hint="copy its table into a workbook")
    book = archive.read("xl/workbook.xml")[:65_536] if "xl/workbook.xml" in names else b""
    if _STRICT in book:
        raise SourceError(
            "a workbook in the form Strict Open XML",
            file=file,
            expected="a workbook in the usual form (transitional)",
            hint="save it again as `Excel Workbook (*.xlsx)`, not as `Strict Open XML Spreadsheet`",
        )
