"""Masking whole words for masked language modelling."""

from __future__ import annotations

import tensorflow as tf

from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

_MASKED_SHARE, _KEPT_SHARE = 0.8, 0.1


class WholeWordMasking:
    """Hides some words of a text, all pieces of each, for a model to find.

    Of the words chosen 80 % become [MASK], 10 % random tokens and 10 % stay (Devlin et al. 2019,
    arXiv 1810.04805, section 3.1; whole words as in the authors' later release).

    tokenizer: its vocabulary must have [MASK].
    share: of the words that are chosen.

    Raises UserError where the vocabulary has no [MASK] or the share is not between 0 and 1.
    """

    def __init__(self, tokenizer: WordPieceTokenizer, share: float = 0.15):
        if tokenizer.mask_token_id is None:
            raise UserError(
                "the vocabulary has no [MASK], which masked language modelling needs; "
                "use one that has"
            )
        if not 0 < share < 1:
            raise UserError(f"the share of masked words must be between 0 and 1, not {share}")
        self._tokenizer = tokenizer
        self._share = share
        self._goes_on = tf.constant(
            [token.startswith(CONTINUATION_PREFIX) for token in tokenizer.vocabulary]
        )

    def __call__(
        self, input_ids: tf.Tensor, seed: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Returns (masked ids, the true ids, float weights: 1 where a token was chosen, else 0).

        input_ids: int32 [batch, length], padded. All three results have that shape.
        seed: int32 [2]; the same for the same masks. At random without it.
        """
        tokenizer = self._tokenizer
        special = tf.reduce_any(
            [
                input_ids == token
                for token in (
                    tokenizer.pad_token_id,
                    tokenizer.cls_token_id,
                    tokenizer.sep_token_id,
                )
            ],
            axis=0,
        )
        # Numbers of words: a piece that goes on has that of the piece before.
        words = tf.cumsum(tf.cast(~tf.gather(self._goes_on, input_ids), tf.int32), axis=1)
        if seed is None:
            seed = tf.random.uniform([2], maxval=tf.int32.max, dtype=tf.int32)
        shape = tf.shape(input_ids)
        draws = tf.random.stateless_uniform([3, shape[0], shape[1] + 1], seed)
        chance, kind = (tf.gather(draw, words, batch_dims=1) for draw in (draws[0], draws[1]))
        chosen = (chance < self._share) & ~special
        size = float(tokenizer.vocab_size)
        random = tf.cast(draws[2, :, :-1] * size, tf.int32)
        masked = tf.where(
            kind < _MASKED_SHARE,
            tokenizer.mask_token_id,
            tf.where(kind < _MASKED_SHARE + _KEPT_SHARE, input_ids, random),
        )
        return tf.where(chosen, masked, input_ids), input_ids, tf.cast(chosen, tf.float32)
