"""What the paper printed, to stand beside one's own figures.

Zhang, Liu, Liu, Wang, Gao, Li: "Turbo your multi-modal classification with
contrastive learning", 2024, Table 1.

Authors
 * The turbo_sb developers 2026
"""

# Metrics to method to values.
PAPER = {
    ("WA", "UA"): {
        "vanilla": (0.7076, 0.7177),
        "cross_modal": (0.7238, 0.7265),
        "turbo": (0.7635, 0.7709),
    },
    ("ACC", "EER"): {
        "vanilla": (0.8944, 0.0938),
        "cross_modal": (0.9152, 0.0786),
        "turbo": (0.9327, 0.0676),
    },
}
SETTING = {
    ("WA", "UA"): (
        "IEMOCAP, 5,531 utterances, pre-trained wav2vec 2.0-base and "
        'BERT-base, "10-fold", speaker rule, seeds and spread not stated'
    ),
    ("ACC", "EER"): (
        "REJ, an in-house corpus of about 50,000 utterances, pre-trained "
        "wav2vec 2.0-base and BERT-base, one split"
    ),
}
