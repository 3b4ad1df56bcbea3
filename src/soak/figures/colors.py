"""The colour and marker of each thing, the same in every figure and in the report."""

# Okabe and Ito's palette, which readers with any kind of colour vision can tell apart.
# Same, other, all and the sets of a training keep their colour and marker in every figure.
COLORS = {
    "same": "#0072B2",
    "other": "#D55E00",
    "all": "#009E73",
    "subtrain": "#000000",
    "validation": "#E69F00",
    "both": "#CC79A7",
    "neither": "#999999",
}
MARKERS = {"same": "o", "other": "s", "all": "^", "subtrain": "o", "validation": "s", "both": "D", "neither": "o"}
TRAIN_SUBSETS = ("same", "other", "all")
GREY = "#6e6e6e"
