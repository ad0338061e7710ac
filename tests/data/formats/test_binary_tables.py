"""Tables of Feather and Excel, told by their content."""

import polars as pl
import pytest
import torch

from sharegap.data.formats.excel import read_excel
from sharegap.data.user import table
from sharegap.errors import UserError
from tests.data.user.files import X, Y, fresh, zipped

FRAME = pl.DataFrame(X, list("pqrs")).with_columns(y=Y, city=pl.Series(["Rome", "Oslo"] * 20))


def test_feather_is_read_as_parquet(tmp_path):
    paths = [fresh(tmp_path, "") for _ in range(2)]
    FRAME.write_ipc(paths[0], compression="zstd")
    FRAME.write_parquet(paths[1])
    one, other = (table(path, ["y"], groups="city", kind="classification") for path in paths)
    assert torch.equal(one.x, other.x)
    with pytest.raises(UserError, match=r"dataset.header must be null for a Feather file"):
        table(paths[0], ["y"], header=True)
    paths[0].write_bytes(paths[0].read_bytes()[:300])
    with pytest.raises(UserError, match="cannot be read as a Feather table"):
        table(paths[0], ["y"])


def workbook(tmp_path, **sheets):
    """A workbook as Excel's own, of numbers and texts written in place."""
    overrides, listed, links, contents = [], [], [], {}
    for number, (name, frame) in enumerate(sheets.items(), 1):
        rows = [frame.columns, *frame.rows()]
        cells = "".join("<row>" + "".join(map(cell, row)) + "</row>" for row in rows)
        contents[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>'
        )
        listed.append(f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>')
        links.append(f'<Relationship Id="rId{number}" Type="{LINK}/worksheet" Target="worksheets/sheet{number}.xml"/>')
        overrides.append(f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{TYPE}.worksheet+xml"/>')
    contents["xl/workbook.xml"] = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{LINK}"><sheets>{"".join(listed)}</sheets></workbook>'
    )
    contents["xl/_rels/workbook.xml.rels"] = f'<Relationships xmlns="{PACKAGE}">{"".join(links)}</Relationships>'
    contents["_rels/.rels"] = (
        f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{LINK}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    )
    contents["[Content_Types].xml"] = f'<Types xmlns="{PACKAGE[:-13]}content-types">{"".join(overrides)}</Types>'
    path = fresh(tmp_path, ".xlsx")
    path.write_bytes(zipped(contents))
    return path


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def cell(value):
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>' if isinstance(value, str) else f"<c><v>{value}</v></c>"


def test_excel_needs_an_extra(tmp_path, monkeypatch):
    monkeypatch.setattr("sharegap.data.formats.excel.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"fastexcel must be installed to read .*: pip install 'sharegap.excel.'"):
        table(workbook(tmp_path, Data=FRAME), ["y"])


def test_excel_is_read_as_csv(tmp_path):
    pytest.importorskip("fastexcel")
    path, csv = workbook(tmp_path, Data=FRAME), fresh(tmp_path, ".csv")
    FRAME.write_csv(csv)
    one, other = (table(source, ["y"], prepare=True) for source in (path, csv))
    assert torch.equal(one.x, other.x)
    assert "Form: the sheet Data of Excel." in one.description
    several = workbook(tmp_path, Data=FRAME, More=FRAME.head(20))
    with pytest.raises(UserError, match=r"\+dataset.load.sheet must name the sheet of .*: it has Data, More"):
        table(several, ["y"], prepare=True)
    assert len(read_excel(several, "More")[0]) == 20
    with pytest.raises(UserError, match=r"sheet must be one of Data, More in .*, got Less"):
        table(several, ["y"], sheet="Less")
    damaged = fresh(tmp_path, ".xlsx")
    damaged.write_bytes(zipped({"xl/workbook.xml": "<a/>"}))
    with pytest.raises(UserError, match=r"cannot be read as a table of Excel .*: save it as CSV"):
        table(damaged, ["y"])
