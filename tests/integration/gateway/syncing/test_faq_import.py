"""FAQs from files and into files."""

import io
import json
import zipfile
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook

pytestmark = pytest.mark.postgres
URL = "/api/v1/mobile-faq"
CSV = "question,answer\nWhen?,At nine.\nWhere?,Here.\n"


def _import(
    client: httpx.Client, content: str | bytes, name: str = "faqs.csv", **params: Any
) -> httpx.Response:
    data = content.encode() if isinstance(content, str) else content
    return client.post(f"{URL}/import", files={"file": (name, data)}, params=params)


def _xlsx(*rows: list[Any]) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _faqs(client: httpx.Client) -> dict[str, str]:
    items = client.get("/api/v1/mobile-faqs", params={"limit": 200}).json()["items"]
    return {item["question"]: item["answer"] for item in items}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("faqs.csv", CSV.encode()),
        ("faqs.csv", CSV.replace(",", ";").encode("utf-16")),
        ("faqs.xlsx", _xlsx(["Question", "Answer"], ["When?", "At nine."], ["Where?", "Here."])),
        (
            "faqs.json",
            json.dumps(
                [
                    {"question": "When?", "answer": "At nine."},
                    {"question": "Where?", "answer": "Here."},
                ]
            ).encode(),
        ),
    ],
)
def test_a_file_becomes_faqs_and_one_call(
    customer: httpx.Client, hands: Any, name: str, content: bytes
) -> None:
    answer = _import(customer, content, name)

    assert answer.status_code == 202, answer.text
    report = answer.json()
    assert (report["rows"], report["creates"], report["duplicates"]) == (2, 2, [])
    assert _faqs(customer) == {"When?": "At nine.", "Where?": "Here."}
    assert [row["kind"] for row in hands.due()] == ["faq.import"]
    hands.run_all()
    progress = customer.get(f"{URL}/import/{report['import_id']}").json()
    assert (progress["synced"], progress["failed"]) == (2, 0)


def test_rows_travel_by_artifact_with_their_versions(customer: httpx.Client, hands: Any) -> None:
    _import(customer, CSV)

    (due,) = hands.due()
    rows = customer.get(f"/api/v1/artifacts/{due['payload']['rows']['id']}")
    parsed = [json.loads(line) for line in rows.text.splitlines()]
    assert [(row["row"], row["question"], row["version"]) for row in parsed] == [
        (2, "When?", 1),
        (3, "Where?", 2),
    ]
    assert due["payload"]["desired_version"] == 2


def test_rows_that_the_chatbot_refuses_are_told(customer: httpx.Client, hands: Any) -> None:
    answer = _import(customer, CSV).json()
    faq = next(
        item["faq_id"]
        for item in customer.get("/api/v1/mobile-faqs").json()["items"]
        if item["question"] == "Where?"
    )
    (task,) = hands.publish_due()
    refused = {"row": 3, "faq_id": faq, "message": "too short"}
    result = {"import_id": answer["import_id"], "version": 2, "applied": 1}
    hands.succeed(task, {**result, "refused": [faq], "errors": [refused]})

    progress = customer.get(f"{URL}/import/{answer['import_id']}").json()
    assert (progress["synced"], progress["failed"]) == (1, 1)
    (error,) = progress["errors"]
    assert (error["row"], error["error"]["message"]) == (3, "too short")


def test_a_change_of_an_imported_faq_waits_for_the_import(
    customer: httpx.Client, hands: Any
) -> None:
    _import(customer, CSV)
    item = customer.get("/api/v1/mobile-faqs").json()["items"][0]

    changed = customer.put(
        f"{URL}/{item['faq_id']}", json={"question": "When?", "answer": "At ten."}
    ).json()

    assert [row["kind"] for row in hands.due()] == ["faq.import"]
    hands.run_all()
    assert [kind for kind, _ in hands.calls] == ["faq.import", "faq.update"]
    assert hands.sync_of(item["faq_id"])["synced_version"] == changed["version"]


def test_deleting_all_supersedes_an_import_that_waits(customer: httpx.Client, hands: Any) -> None:
    imported = _import(customer, CSV).json()

    customer.delete("/api/v1/mobile-faqs?confirm=true")

    assert [row["kind"] for row in hands.due()] == ["faq.delete_all"]
    assert hands.task(imported["task_id"])["result"] == {"superseded_by": 3}


def test_a_thousand_rows_go_in_chunks_that_one_task_stands_for(
    customer: httpx.Client, hands: Any
) -> None:
    lines = "".join(f"Question {n},Answer {n}\n" for n in range(1_100))

    answer = _import(customer, f"question,answer\n{lines}").json()

    assert sorted(row["payload"]["count"] for row in hands.due()) == [100, 500, 500]
    assert len(answer["task_ids"]) == 3
    assert hands.task(answer["task_id"])["kind"] == "api.batch"
    hands.run_all()
    assert hands.task(answer["task_id"])["state"] == "succeeded"


def _lines(answer: str, rows: int = 1_100) -> str:
    lines = "".join(f"Question {n},{answer} {n}\n" for n in range(rows))
    return f"question,answer\n{lines}"


def _with_ids(client: httpx.Client, answer: str) -> str:
    exported = client.get(f"{URL}/export").content.decode("utf-8-sig")
    return exported.replace("Answer", answer)


def test_an_import_again_while_the_chatbot_is_down_waits_in_as_few_tasks(
    customer: httpx.Client, hands: Any
) -> None:
    # Given an import whose tasks have found the chatbot down
    _import(customer, _lines("Answer"))
    for task in hands.publish_due():
        hands.wait(task)

    # When all rows are changed by another one, and again
    second = _import(customer, _with_ids(customer, "Reply")).json()
    third = _import(customer, _with_ids(customer, "Reply").replace("Reply", "Word")).json()

    # Then there are three tasks more, and what the third has replaced is done with
    assert (second["updates"], third["updates"]) == (1_100, 1_100)
    assert (len(second["task_ids"]), len(third["task_ids"])) == (3, 3)
    assert {hands.task(task)["state"] for task in second["task_ids"]} == {"succeeded"}
    assert hands.task(second["task_id"])["state"] == "succeeded"
    hands.run_all()
    assert sorted(payload["count"] for _, payload in hands.calls[-3:]) == [100, 500, 500]
    progress = customer.get(f"{URL}/import/{third['import_id']}").json()
    assert (progress["synced"], progress["pending"]) == (1_100, 0)


def test_a_change_of_one_row_leaves_the_rows_that_wait_with_it(
    customer: httpx.Client, hands: Any
) -> None:
    # Given an import that waits for another one
    _import(customer, _lines("Answer", rows=3))
    hands.publish_due()
    waiting = _import(customer, _with_ids(customer, "Reply")).json()

    # When one of its rows is changed
    faq = customer.get("/api/v1/mobile-faqs").json()["items"][0]
    body = {"question": faq["question"], "answer": "Word"}
    customer.put(f"{URL}/{faq['faq_id']}", json=body)

    # Then the others still arrive by it
    assert hands.task(waiting["task_id"])["state"] == "pending"
    (first,) = hands.ask(
        "SELECT id FROM tasks WHERE kind = 'faq.import' AND id <> %s", waiting["task_id"]
    )
    hands.succeed(first["id"])
    hands.run_all()
    assert sorted(kind for kind, _ in hands.calls[1:]) == ["faq.import", "faq.update"]
    items = customer.get("/api/v1/mobile-faqs").json()["items"]
    assert {(item["sync"], item["synced_version"]) for item in items} == {
        ("synced", item["desired_version"]) for item in items
    }


def test_an_import_that_is_sent_again_after_a_crash_is_done_once(
    customer: httpx.Client, hands: Any, database: Any
) -> None:
    # Given an import of rows that wait for others, whose answer was lost
    _import(customer, _lines("Answer", rows=600))
    hands.publish_due()
    content = _with_ids(customer, "Reply")
    file, headers = {"file": ("faqs.csv", content.encode())}, {"Idempotency-Key": "once"}
    first = customer.post(f"{URL}/import", files=file, headers=headers)
    database.ask("UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL")
    tasks, rows = database.count("tasks"), database.count("faqs")

    again = customer.post(f"{URL}/import", files=file, headers=headers)

    assert first.json()["updates"] == 600
    assert again.json() == first.json()
    assert (database.count("tasks"), database.count("faqs")) == (tasks, rows)


def test_a_dry_run_tells_and_writes_nothing(customer: httpx.Client, database: Any) -> None:
    answer = _import(customer, CSV + "when ?,x\nWHERE?,There.\n", dry_run=True)

    assert answer.status_code == 200
    report = answer.json()
    assert (report["dry_run"], report["rows"], report["creates"]) == (True, 4, 3)
    (duplicate,) = report["duplicates"]
    assert (duplicate["row"], duplicate["same_as_row"]) == (5, 3)
    assert (database.count("faqs"), database.count("tasks")) == (0, 0)


def test_what_is_there_already_is_reported(customer: httpx.Client, hands: Any) -> None:
    _import(customer, CSV)

    again = _import(customer, CSV)

    assert again.status_code == 200
    assert (again.json()["creates"], len(again.json()["duplicates"])) == (0, 2)


@pytest.mark.parametrize("table_format", ["csv", "xlsx", "json"])
def test_an_export_is_read_back_by_an_import(
    customer: httpx.Client, hands: Any, table_format: str
) -> None:
    # Given FAQs that spreadsheets would run, with quotes, lines and many alphabets
    file = customer.post("/api/v1/artifacts?name=a.txt", content=b"x").json()["id"]
    nasty = {
        "=1+1": "+2",
        "'=quoted": "''=twice",
        "-x": '@SUM(A1) "quoted", and; more',
        "Открыто?": "Có, mở cửa\nlúc chín giờ",
        " spaces ": "\ttab",
    }
    for question, answer in nasty.items():
        body = {"question": question, "answer": answer, "files": [file]}
        assert customer.post(URL, json=body).status_code == 202

    # When they are exported, and read back after some were changed
    exported = customer.get(f"{URL}/export", params={"format": table_format})
    assert exported.status_code == 200
    unchanged = _import(customer, exported.content, f"faqs.{table_format}")
    assert unchanged.json()["unchanged"] == len(nasty), unchanged.text
    customer.delete("/api/v1/mobile-faqs?confirm=true")
    restored = _import(customer, exported.content, f"faqs.{table_format}")

    # Then all are as they were
    assert restored.json()["creates"] == len(nasty)
    assert _faqs(customer) == nasty


def test_no_spreadsheet_runs_what_an_export_says(customer: httpx.Client) -> None:
    customer.post(URL, json={"question": "=cmd|'/c calc'!A0", "answer": "\t=1"})

    csv = customer.get(f"{URL}/export").content.decode("utf-8-sig")
    xlsx = customer.get(f"{URL}/export?format=xlsx").content

    assert "'=cmd|'/c calc'!A0" in csv
    cell = load_workbook(io.BytesIO(xlsx)).worksheets[0]["B2"]
    assert (cell.data_type, cell.value) == ("s", "=cmd|'/c calc'!A0")


def _bomb() -> bytes:
    """A workbook of which one cell unpacks to two gigabytes."""
    file = io.BytesIO()
    whole = zipfile.ZipFile(io.BytesIO(_xlsx(["question", "answer"], ["a", "MARK"])))
    sheet = "xl/worksheets/sheet1.xml"
    before, after = whole.read(sheet).split(b"MARK")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name in whole.namelist():
            if name != sheet:
                packed.writestr(name, whole.read(name))
        with packed.open(sheet, "w", force_zip64=True) as member:
            member.write(before)
            for _ in range(200):
                member.write(b"x" * 10_000_000)
            member.write(after)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("faqs.csv", b"", "0 bytes"),
        ("faqs.csv", b"question,reply\na,b\n", "answer"),
        ("faqs.csv", b"question,answer,colour\na,b,c\n", "colour"),
        ("faqs.csv", b"question,answer\na,b,c\n", "more cells"),
        ("faqs.csv", b"question,answer\n", "no rows"),
        ("faqs.xlsx", b"question,answer\na,b\n", "no xlsx"),
        ("faqs.csv", _xlsx(["question", "answer"]), "no csv"),
        ("faqs.xlsx", b"PK\x03\x04" + b"\x00" * 100, "damaged"),
        ("faqs.pdf", b"%PDF-1.7", "csv, xlsx or json"),
        ("faqs.json", b"[1]", "no object"),
        ("faqs.json", b'{"question": "a"}', "list"),
        ("faqs.json", b"[" * 100_000, "no JSON"),
    ],
)
def test_a_file_that_is_no_table_of_faqs_is_refused(
    customer: httpx.Client, database: Any, name: str, content: bytes, word: str
) -> None:
    answer = _import(customer, content, name)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "file"
    assert word in answer.json()["detail"]
    assert (database.count("faqs"), database.count("tasks")) == (0, 0)


def test_a_workbook_that_unpacks_to_gigabytes_harms_nobody(
    customer: httpx.Client, database: Any
) -> None:
    answer = _import(customer, _bomb(), "faqs.xlsx")

    assert answer.status_code == 422
    assert "too large" in answer.json()["detail"] or "too much memory" in answer.json()["detail"]
    assert customer.get("/readyz").status_code in (200, 503)
    assert database.count("faqs") == 0


def test_every_wrong_row_is_named_and_none_is_taken(customer: httpx.Client, database: Any) -> None:
    content = (
        "id,question,answer,files\n"
        ",Good?,Yes,\n"
        ",,No question,\n"
        f",Long?,{'x' * 10_001},\n"
        "nonsense,Id?,No,\n"
        ",Files?,No,not-an-id\n"
    )

    answer = _import(customer, content)

    assert answer.status_code == 422
    told = [(row["row"], row["column"]) for row in answer.json()["rows"]]
    assert told == [(3, "question"), (4, "answer"), (5, "id"), (6, "files")]
    assert (database.count("faqs"), database.count("tasks")) == (0, 0)


def test_files_of_another_customer_are_no_files_of_an_import(
    customer: httpx.Client, stranger: httpx.Client, database: Any
) -> None:
    other = stranger.post("/api/v1/artifacts", content=b"x").json()["id"]

    answer = _import(customer, f"question,answer,files\na,b,{other}\n")

    assert answer.status_code == 422
    assert answer.json()["rows"][0]["column"] == "files"
    assert database.count("faqs") == 0


def test_a_file_of_more_than_ten_megabytes_is_refused(customer: httpx.Client) -> None:
    answer = _import(customer, b"question,answer\n" + b"x" * (10 * 1024 * 1024 + 1))

    assert answer.status_code == 413
