"""Whether a tokeniser's ids and lengths fit the model that embeds them.

Authors
 * The turbo_sb developers 2026
"""

from transformers import PretrainedConfig, PreTrainedTokenizerBase

from turbo_sb.encoders.families import Family
from turbo_sb.utils.errors import InputError


def limit_of(
    tokenizer: PreTrainedTokenizerBase,
    config: PretrainedConfig,
    family: Family,
    where: str,
) -> int:
    """How many tokens of a text are taken: at least one of its words."""
    limits = {
        "max_position_embeddings in config.json": config.max_position_embeddings,
        "model_max_length of the tokenizer": tokenizer.model_max_length,
    }
    position, length = limits
    if family.offset_positions:
        if config.pad_token_id is None:
            raise InputError(
                f"{where}: config.json has no pad_token_id, from which "
                f"{family.name} counts its positions. Take config.json and "
                "the tokenizer from one model."
            )
        limits[position] -= config.pad_token_id + 1
    name = min(limits, key=limits.get)
    special = len(tokenizer("")["input_ids"])
    if limits[name] <= special:
        raise InputError(
            f"{where}: {name} leaves room for {limits[name]} tokens of a text, "
            f"{special} of them special: no word would be seen. Expected at "
            f"least {special + 1}."
        )
    return limits[name]


def check_ids(
    tokenizer: PreTrainedTokenizerBase,
    rows: int,
    emitted: set[int],
    where: str,
) -> bool:
    """Reject ids beyond the embedding; whether special ones may still come.

    `emitted` are special ids that any text may get. The others come only from a
    text that spells them out, such as [MASK].
    """
    ids = tokenizer.get_vocab()
    beyond = {token: i for token, i in ids.items() if i >= rows}
    spelt = set(tokenizer.all_special_ids) - emitted
    usual = [token for token, i in beyond.items() if i not in spelt]
    if usual:
        first = min(usual, key=ids.get)
        raise InputError(
            f"{where}: the tokenizer has {len(ids)} tokens, with ids up to "
            f"{max(beyond.values())}, and the model's embedding has {rows} "
            f"rows: none for {first!r}, which is {ids[first]}. Take both from "
            "one model, or enlarge its embedding "
            "(resize_token_embeddings(len(tokenizer))) and save both."
        )
    return bool(beyond)
