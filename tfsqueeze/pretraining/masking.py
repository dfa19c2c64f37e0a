"""Whole-word masking for masked language modelling."""

from __future__ import annotations

import tensorflow as tf

from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

# The shares of the chosen words that become [MASK] and that stay as they are.
_MASKED_SHARE, _KEPT_SHARE = 0.8, 0.1


class WholeWordMasking:
    """Masks random words of texts, all tokens of each, for a model to predict.

    Of the chosen words, 80 % become [MASK], 10 % become random tokens and 10 % stay (Devlin et al.
    2019, arXiv 1810.04805, section 3.1; whole words as in the authors' later release).

    Args:
        tokenizer: a tokenizer whose vocabulary has [MASK].
        share: the probability that a word is chosen, above 0 and below 1.

    Raises:
        UserError: the vocabulary has no [MASK], or the share is out of range.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "play", "jazz"]
        >>> mask = WholeWordMasking(WordPieceTokenizer(vocabulary, max_length=4), share=0.99)
        >>> masked, ids, weights = mask(tf.constant([[2, 5, 6, 3]]), seed=tf.constant([0, 0]))
        >>> weights.numpy().tolist()
        [[0.0, 1.0, 1.0, 0.0]]
    """

    def __init__(self, tokenizer: WordPieceTokenizer, share: float = 0.15):
        self._mask_token_id = tokenizer.require_mask_token_id()
        if not 0 < share < 1:
            raise UserError(f"the share of masked words must be between 0 and 1, not {share}")
        self._tokenizer = tokenizer
        self._share = share
        self._is_continuation = tf.constant(tokenizer.is_continuation)

    def __call__(
        self, input_ids: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Masks the words of a batch.

        Args:
            input_ids: token ids, int32 [batch, length], padded.
            seed: integers [2], which fix the masks.

        Returns:
            The masked ids and the true ids, int32 [batch, length]; and weights, float32 [batch,
            length], 1 for the tokens of chosen words and 0 for other tokens.
        """
        tokenizer = self._tokenizer
        is_special = tf.reduce_any([input_ids == token for token in tokenizer.special_ids], axis=0)
        # The index of each token's word in its row: a token that continues a word does not count.
        words = tf.cumsum(tf.cast(~tf.gather(self._is_continuation, input_ids), tf.int32), axis=1)
        shape = tf.shape(input_ids)
        draws = tf.random.stateless_uniform(tf.stack([3, shape[0], shape[1] + 1]), seed)
        # All tokens of a word share its two draws.
        choice, action = (tf.gather(draw, words, batch_dims=1) for draw in (draws[0], draws[1]))
        chosen = (choice < self._share) & ~is_special
        random_ids = tf.cast(draws[2, :, :-1] * float(tokenizer.vocab_size), tf.int32)
        masked = tf.where(
            action < _MASKED_SHARE,
            self._mask_token_id,
            tf.where(action < _MASKED_SHARE + _KEPT_SHARE, input_ids, random_ids),
        )
        return tf.where(chosen, masked, input_ids), input_ids, tf.cast(chosen, tf.float32)
