"""The paper's formulas, typed as loops: slow, plain, nothing from turbo_sb.

Each takes and returns torch tensors of float64, element by element, so that
autograd gives the reference gradients as well. Check these against the paper,
and the code against these.
"""

import torch


def similarity(query, key, kind="cosine"):
    """Inner product of two vectors, over their lengths for the cosine."""
    product = sum(q * k for q, k in zip(query, key))
    if kind == "dot":
        return product
    query_length = torch.sqrt(sum(q * q for q in query))
    key_length = torch.sqrt(sum(k * k for k in key))
    return product / (query_length * key_length)


def one_direction(queries, keys, temperature, kind, reduction, ids):
    """Eq. 3: query i finds its key i among all keys j of the batch."""
    found = []  # p_ii of each row
    for i, query in enumerate(queries):
        total = 0
        for j, key in enumerate(keys):
            if ids is not None and i != j and ids[i] == ids[j]:
                continue  # the same utterance again: neither key nor negative
            term = torch.exp(similarity(query, key, kind) / temperature)
            total = total + term
            if i == j:
                own = term
        found.append(own / total)
    if reduction == "log_of_sum":  # as Eq. 2 and 3 are printed
        return -torch.log(sum(found))
    losses = [-torch.log(p) for p in found]
    return sum(losses) / (len(losses) if reduction == "mean" else 1)


def info_nce(
    queries,
    keys,
    temperature=0.07,
    symmetric=False,
    kind="cosine",
    reduction="mean",
    ids=None,
):
    """One InfoNCE term; the mean of both directions if symmetric."""
    options = (temperature, kind, reduction, ids)
    loss = one_direction(queries, keys, *options)
    if symmetric:
        loss = (loss + one_direction(keys, queries, *options)) / 2
    return loss


def turbo(views, **options):
    """Eq. 4, written out: two in-modal terms and four cross-modal ones."""
    (a1, a2), (t1, t2) = views["audio"], views["text"]
    return {
        "in/audio": info_nce(a1, a2, **options),
        "in/text": info_nce(t1, t2, **options),
        "cross/audio1-text1": info_nce(a1, t1, **options),
        "cross/audio1-text2": info_nce(a1, t2, **options),
        "cross/audio2-text1": info_nce(a2, t1, **options),
        "cross/audio2-text2": info_nce(a2, t2, **options),
    }


def cross_entropy(logits, targets):
    """Mean over rows of -log softmax at the target."""
    losses = []
    for row, target in zip(logits, targets):
        total = sum(torch.exp(logit) for logit in row)
        losses.append(-torch.log(torch.exp(row[target]) / total))
    return sum(losses) / len(losses)


def masked_mean(sequences, mask):
    """Mean over the steps of each row that the mask keeps."""
    rows = []
    for sequence, keep in zip(sequences, mask):
        kept = [step for step, valid in zip(sequence, keep) if valid]
        rows.append(sum(kept) / len(kept))
    return torch.stack(rows)


def recalls(predictions, targets):
    """Recall of each class that occurs among the targets."""
    found = []
    for label in sorted(set(targets)):
        own = [p for p, t in zip(predictions, targets) if t == label]
        found.append(sum(p == label for p in own) / len(own))
    return found


def equal_error_rate(scores, targets):
    """Count both errors at every threshold; cross their line segments."""
    thresholds = [float("inf"), *sorted(set(scores), reverse=True)]
    points = []
    for threshold in thresholds:
        accepted = [score >= threshold for score in scores]
        false = sum(a and not t for a, t in zip(accepted, targets))
        miss = sum(t and not a for a, t in zip(accepted, targets))
        n_target = sum(targets)
        points.append((false / (len(targets) - n_target), miss / n_target))
    for (false, miss), (false_next, miss_next) in zip(points, points[1:]):
        if false_next >= miss_next:
            # Where false + part * rise == miss - part * fall.
            rise, fall = false_next - false, miss - miss_next
            return false + rise * (miss - false) / (rise + fall)


def alignment(audio, text, alpha=2):
    """Wang and Isola: mean of |x - y| ** alpha over the pairs."""
    return (audio - text).norm(dim=1).pow(alpha).mean()


def uniformity(embeddings, t=2):
    """Wang and Isola: log of the mean of exp(-t |x - y| ** 2) over pairs."""
    return torch.pdist(embeddings).pow(2).mul(-t).exp().mean().log()
