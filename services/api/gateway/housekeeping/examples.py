"""What the API's document shows of measurements."""

from gateway.openapi.examples import Examples

EXAMPLES = Examples(
    tags={"statistics": "What the housekeeper has measured (operators)"},
    values={"Measurement.data": {"tasks": {"pending": 3, "processing": 1}}},
)
