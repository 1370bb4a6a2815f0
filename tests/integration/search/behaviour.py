"""What every search index does, written once: each back end's tests inherit it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest

from indexer.analysis import terms
from indexer.ports import (
    CatalogueIndex,
    DocumentWrite,
    Embedded,
    Outcome,
    Scope,
    Vector,
)
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.search import SearchFilters

PRODUCT = EntityKind.PRODUCT
MODEL = "a-model"


def item(item_id: str, name: str = "A thing", **fields: Any) -> dict[str, Any]:
    return {"id": item_id, "name": name, **fields}


def vector(*numbers: float) -> Vector:
    full = np.zeros(384, np.float32)
    full[: len(numbers)] = numbers
    fitting: Vector = full / np.linalg.norm(full)
    return fitting


class Catalogue:
    """One customer's products, as short as tests want to write them."""

    def __init__(self, index: CatalogueIndex, customer_id: UUID | None = None) -> None:
        self.index = index
        self.customer_id = customer_id or uuid4()

    def text(self, item_id: str, version: int, name: str = "A thing", **fields: Any) -> Outcome:
        return self.write(
            DocumentWrite(self.customer_id, item_id, version, item(item_id, name, **fields))
        )

    def vector(self, item_id: str, version: int, made: Vector, **fields: Any) -> Outcome:
        document = item(item_id, **fields)
        embedded = Embedded(made, MODEL)
        return self.write(DocumentWrite(self.customer_id, item_id, version, document, embedded))

    def gone(self, item_id: str, version: int) -> Outcome:
        return self.write(DocumentWrite(self.customer_id, item_id, version, None))

    def write(self, write: DocumentWrite) -> Outcome:
        (outcome,) = self.index.write(PRODUCT, [write])
        return outcome.outcome

    def found(
        self, question: str = "", floor: int = 0, limit: int = 10, offset: int = 0, **filters: Any
    ) -> list[str]:
        self.index.refresh(PRODUCT)
        scope = Scope(self.customer_id, floor, SearchFilters(**filters))
        page = self.index.search_words(PRODUCT, scope, terms(question), limit, offset)
        return [hit.id for hit in page.hits]

    def near(self, made: Vector, model: str = MODEL, floor: int = 0) -> list[str]:
        self.index.refresh(PRODUCT)
        scope = Scope(self.customer_id, floor)
        page = self.index.search_near(PRODUCT, scope, Embedded(made, model), 10)
        return [hit.id for hit in page.hits]

    def held(self, floor: int = 0) -> Mapping[str, tuple[int, bool, bool]]:
        """Version, whether it is there and whether it has a vector, by id."""
        self.index.refresh(PRODUCT)
        return {
            document.id: (document.version, document.item is not None, document.has_vector)
            for document in self.index.scan(PRODUCT, self.customer_id, floor)
        }


class IndexBehaviour:
    """Tests of a `CatalogueIndex`; subclasses provide the fixture `index`."""

    @pytest.fixture
    def catalogue(self, index: CatalogueIndex) -> Catalogue:
        return Catalogue(index)

    # --- order --------------------------------------------------------------------------------

    def test_the_newest_version_stands_whatever_comes_last(self, catalogue: Catalogue) -> None:
        assert catalogue.text("a", 7, "new") is Outcome.APPLIED
        assert catalogue.text("a", 3, "old") is Outcome.SUPERSEDED

        (found,) = catalogue.index.read(PRODUCT, catalogue.customer_id, ["a"]).values()
        assert (found.version, dict(found.item or {})["name"]) == (7, "new")

    def test_the_same_version_again_counts_as_applied(self, catalogue: Catalogue) -> None:
        assert [catalogue.text("a", 3), catalogue.text("a", 3)] == [Outcome.APPLIED] * 2

    def test_a_superseded_write_is_told_by_what(self, catalogue: Catalogue) -> None:
        catalogue.text("a", 9)
        late = DocumentWrite(catalogue.customer_id, "a", 4, item("a"))

        (outcome,) = catalogue.index.write(PRODUCT, [late])

        assert (outcome.outcome, outcome.version) == (Outcome.SUPERSEDED, 9)

    def test_a_vector_follows_its_text_and_no_late_text_erases_it(
        self, catalogue: Catalogue
    ) -> None:
        catalogue.text("a", 2)
        assert catalogue.vector("a", 2, vector(1)) is Outcome.APPLIED
        catalogue.text("a", 2)

        assert catalogue.held() == {"a": (2, True, True)}

    def test_a_vector_of_an_older_version_comes_too_late(self, catalogue: Catalogue) -> None:
        catalogue.text("a", 3)

        assert catalogue.vector("a", 2, vector(1)) is Outcome.SUPERSEDED
        assert catalogue.held() == {"a": (3, True, False)}

    def test_a_deleted_item_is_not_resurrected_by_an_older_write(
        self, catalogue: Catalogue
    ) -> None:
        catalogue.text("a", 1)
        catalogue.gone("a", 3)

        assert catalogue.text("a", 2) is Outcome.SUPERSEDED
        assert catalogue.found() == []
        assert catalogue.held() == {"a": (3, False, False)}

    def test_a_deletion_that_comes_first_is_kept(self, catalogue: Catalogue) -> None:
        assert catalogue.gone("a", 5) is Outcome.APPLIED
        assert catalogue.text("a", 4) is Outcome.SUPERSEDED
        assert catalogue.text("a", 6) is Outcome.APPLIED
        assert catalogue.found() == ["a"]

    def test_writes_of_one_request_are_ordered_by_version(self, catalogue: Catalogue) -> None:
        customer = catalogue.customer_id
        writes = [
            DocumentWrite(customer, "a", 5, item("a", "five")),
            DocumentWrite(customer, "a", 4, None),
            DocumentWrite(customer, "b", 6, None),
            DocumentWrite(customer, "b", 7, item("b", "seven")),
        ]

        outcomes = [outcome.outcome for outcome in catalogue.index.write(PRODUCT, writes)]

        applied, superseded = Outcome.APPLIED, Outcome.SUPERSEDED
        assert outcomes == [applied, superseded, applied, applied]
        assert set(catalogue.found()) == {"a", "b"}

    # --- delete_all ---------------------------------------------------------------------------

    def test_nothing_at_or_below_the_floor_is_found(self, catalogue: Catalogue) -> None:
        catalogue.text("a", 1, "tea")
        catalogue.vector("b", 2, vector(1), name="tea")
        catalogue.text("c", 4, "tea")

        assert catalogue.found("tea", floor=3) == ["c"]
        assert catalogue.found(floor=3) == ["c"]
        assert catalogue.near(vector(1), floor=3) == []
        assert catalogue.index.count(PRODUCT, Scope(catalogue.customer_id, 3)) == 1

    def test_cleaning_up_takes_what_is_below_the_floor_and_nothing_else(
        self, catalogue: Catalogue
    ) -> None:
        other = Catalogue(catalogue.index)
        catalogue.text("a", 1)
        catalogue.gone("b", 2)
        catalogue.text("c", 4)
        other.text("a", 1)

        assert catalogue.index.clean(PRODUCT, catalogue.customer_id, 3) == 2

        assert catalogue.held() == {"c": (4, True, False)}
        assert other.held() == {"a": (1, True, False)}

    def test_tombstones_are_forgotten_up_to_a_version_and_nothing_else_is(
        self, catalogue: Catalogue
    ) -> None:
        other = Catalogue(catalogue.index)
        catalogue.text("alive", 1)
        catalogue.text("returned", 2)
        for name, version in (("old", 3), ("older", 4), ("young", 6), ("returned", 5)):
            catalogue.gone(name, version)
        catalogue.text("returned", 7)
        other.gone("theirs", 1)

        assert catalogue.index.forget(PRODUCT, catalogue.customer_id, 5) == 2
        assert catalogue.index.forget(PRODUCT, catalogue.customer_id, 5) == 0
        assert set(catalogue.held()) == {"alive", "returned", "young"}
        assert set(other.held()) == {"theirs"}

    def test_a_late_write_below_the_floor_stays_invisible_after_the_clean_up(
        self, catalogue: Catalogue
    ) -> None:
        catalogue.text("a", 1)
        catalogue.index.clean(PRODUCT, catalogue.customer_id, 3)
        catalogue.text("a", 2)

        assert catalogue.found(floor=3) == []

    # --- refusals -----------------------------------------------------------------------------

    def test_a_bad_document_fails_alone(self, catalogue: Catalogue) -> None:
        customer = catalogue.customer_id
        writes = [
            DocumentWrite(customer, "a", 1, item("a")),
            DocumentWrite(customer, "b", 2, item("b", "\ud800 is half a letter")),
            DocumentWrite(customer, "c", 3, item("c")),
        ]

        outcomes = catalogue.index.write(PRODUCT, writes)

        applied, refused = Outcome.APPLIED, Outcome.REFUSED
        assert [outcome.outcome for outcome in outcomes] == [applied, refused, applied]
        assert outcomes[1].reason
        assert set(catalogue.found()) == {"a", "c"}

    @pytest.mark.parametrize(
        "odd",
        [
            {"attributes": {"size": 5}, "price": "free"},
            {"attributes": {"size": {"deep": [{"er": None}]}}, "category": 7},
            {"attributes": [1, "two"], "version": "1.0", "deleted": "yes", "customer_id": "x"},
            {"description": "\0 and \u2028", "price": 10**18, "name": ["no", "text"]},
        ],
        ids=["one type", "another type", "names of ours", "strange signs"],
    )
    def test_fields_of_any_type_contradict_nothing(
        self, catalogue: Catalogue, odd: dict[str, Any]
    ) -> None:
        document = {"id": "a", "name": "A thing", **odd}

        assert catalogue.write(DocumentWrite(catalogue.customer_id, "a", 1, document)) is (
            Outcome.APPLIED
        )
        held = catalogue.index.read(PRODUCT, catalogue.customer_id, ["a"])["a"]
        assert held.item == document
        assert catalogue.found() == ["a"]

    # --- isolation ----------------------------------------------------------------------------

    def test_a_customer_finds_only_its_own(self, index: CatalogueIndex) -> None:
        mine, other = Catalogue(index), Catalogue(index)
        mine.text("a", 1, "mine tea")
        other.vector("a", 2, vector(1), name="other tea")

        assert mine.found("tea") == ["a"]
        assert mine.near(vector(1)) == []
        assert mine.held() == {"a": (1, True, False)}
        assert index.read(PRODUCT, mine.customer_id, ["a"])["a"].version == 1
        mine.gone("a", 3)
        assert other.found("tea") == ["a"]

    def test_kinds_are_apart(self, catalogue: Catalogue) -> None:
        catalogue.text("a", 1)

        assert list(catalogue.index.scan(EntityKind.SERVICE, catalogue.customer_id)) == []

    # --- questions ----------------------------------------------------------------------------

    def test_words_are_found_in_other_forms(self, catalogue: Catalogue) -> None:
        catalogue.text("en", 1, "Running shoes")
        catalogue.text("ru", 2, "Зелёный чайник")
        catalogue.text("vi", 3, "Trà xanh Thái Nguyên")

        assert catalogue.found("run shoe") == ["en"]
        assert catalogue.found("зеленые чайники") == ["ru"]
        assert catalogue.found("tra xanh") == ["vi"]
        assert catalogue.found("TRÀ") == ["vi"]

    def test_typing_errors_are_forgiven_and_the_right_spelling_comes_first(
        self, catalogue: Catalogue
    ) -> None:
        catalogue.text("right", 1, "Teapot")
        catalogue.text("near", 2, "Teapod")
        catalogue.text("far", 3, "Kettle")

        assert catalogue.found("teapot") == ["right", "near"]
        assert catalogue.found("teaopt")[0] == "right"

    def test_a_name_weighs_more_than_a_description(self, catalogue: Catalogue) -> None:
        catalogue.text("described", 1, "Cup", description="goes with a lamp")
        catalogue.text("named", 2, "Lamp")

        assert catalogue.found("lamp") == ["named", "described"]

    def test_most_of_many_words_must_be_there(self, catalogue: Catalogue) -> None:
        catalogue.text("a", 1, "green tea in a tin")
        catalogue.text("b", 2, "green paint")

        assert catalogue.found("green tea tin") == ["a"]
        assert set(catalogue.found("green")) == {"a", "b"}

    def test_extra_fields_and_attributes_are_searched(self, catalogue: Catalogue) -> None:
        catalogue.text("a", 1, maker={"name": "Wedgwood"}, attributes={"glaze": "celadon"})

        assert catalogue.found("wedgwood") == ["a"]
        assert catalogue.found("celadon") == ["a"]

    def test_filters_narrow_down(self, catalogue: Catalogue) -> None:
        catalogue.text(
            "a", 1, category="Tea Ware", price=5, currency="EUR", attributes={"colour": "Red"}
        )
        catalogue.text(
            "b", 2, category="tea ware", price=9.5, attributes={"colour": ["blue", "red"]}
        )
        catalogue.text("c", 3, category="Lamps", price=50, attributes={"watts": 5})

        assert catalogue.found(category=["tea ware"]) == ["b", "a"]
        assert catalogue.found(category=["Lamps", "Tea ware"]) == ["c", "b", "a"]
        assert catalogue.found(price_from=9.5, price_to=50) == ["c", "b"]
        assert catalogue.found(price_to=5) == ["a"]
        assert catalogue.found(currency=["EUR", "USD"]) == ["a"]
        assert catalogue.found(attributes={"colour": ["RED"]}) == ["b", "a"]
        assert catalogue.found(attributes={"watts": [5.0]}) == ["c"]
        assert catalogue.found("thing", category=["lamps"], price_from=60) == []

    def test_pages_follow_each_other(self, catalogue: Catalogue) -> None:
        for number in range(1, 8):
            catalogue.text(f"item-{number}", number, "tea")

        assert catalogue.found(limit=3) == ["item-7", "item-6", "item-5"]
        assert catalogue.found(limit=3, offset=6) == ["item-1"]
        scope = Scope(catalogue.customer_id)
        assert catalogue.index.search_words(PRODUCT, scope, ["tea"], 3, 0).total == 7
        every = [i for at in (0, 3, 6) for i in catalogue.found("tea", limit=3, offset=at)]
        assert sorted(every) == [f"item-{number}" for number in range(1, 8)]

    def test_the_nearest_vectors_of_the_same_model_come_first(self, catalogue: Catalogue) -> None:
        catalogue.vector("far", 1, vector(0, 1))
        catalogue.vector("near", 2, vector(1, 0.1))
        catalogue.text("none", 3)

        assert catalogue.near(vector(1)) == ["near", "far"]
        assert catalogue.near(vector(1), model="another") == []

    def test_ids_of_any_script_are_told_apart(self, catalogue: Catalogue) -> None:
        for version, item_id in enumerate(["ä", "a", "A", "чай", "a/b", "x" * 256], start=1):
            catalogue.text(item_id, version)

        assert set(catalogue.held()) == {"ä", "a", "A", "чай", "a/b", "x" * 256}

    def test_an_index_that_nobody_has_written_to_is_empty(self, catalogue: Catalogue) -> None:
        assert catalogue.found("anything") == []
        assert catalogue.near(vector(1)) == []
        assert catalogue.held() == {}
        assert catalogue.index.read(PRODUCT, catalogue.customer_id, ["a"]) == {}
        assert catalogue.index.clean(PRODUCT, catalogue.customer_id, 9) == 0

    def test_a_working_index_says_so(self, index: CatalogueIndex) -> None:
        index.check()
