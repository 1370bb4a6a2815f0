"""What is spoken: twelve sentences that were written for this project."""

SENTENCES = (
    "The harbour master counts the boats twice, once in the evening and once before dawn.",
    "Nobody had told the new baker that the oven door sticks when it rains.",
    "Please bring the long ladder, two buckets, and whatever is left of the blue paint.",
    "At quarter past four the power came back, and every radio in the street began to play.",
    "Her grandfather kept bees on the roof of the library for thirty-one years.",
    "Is the late train still waiting at the bridge, or did it leave without us?",
    "We measured the well again: it is eleven metres deep, and the water is cold.",
    "The letter was opened by mistake, read with interest, and sealed again with jam.",
    "Snow fell all night, so the postman came on skis and apologised for the delay.",
    "Three of the seven lamps went out before anybody thought of asking the electrician.",
    "A good map shows where the road ends; a better one says why.",
    "When the choir stopped, one could hear the river under the floor of the mill.",
)
TEXT = "\n".join(SENTENCES)
