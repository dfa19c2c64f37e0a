/* WordPiece tokenization for microcontrollers, without heap and global state.
 *
 * A text gets the same token ids as in training. The stack takes about 1 KB, for questions 3. */
#ifndef TOKENIZER_H_
#define TOKENIZER_H_

#include <stddef.h>
#include <stdint.h>

#include "tokenizer_tables.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Encodes a text as `[CLS] text [SEP]`, truncated and padded to max_length token ids.
 *
 * text: UTF-8; invalid bytes are skipped, and no terminating 0 is needed.
 * length: the size of the text in bytes.
 * ids: the output, of max_length elements.
 *
 * Returns the number of ids before the padding. Returns 0 and writes nothing if max_length is
 * below 2. */
size_t tokenizer_encode(const char *text, size_t length, int32_t *ids, size_t max_length);

/* Encodes a pair as `[CLS] first [SEP] second [SEP]`, padded to max_length token ids. Of a pair
 * that is too long the longer text is shortened first.
 *
 * token_type_ids: the second output, of max_length elements: 1 for the second text and its [SEP],
 *     else 0; with match types 2 more for the tokens of words that both texts have.
 *
 * Returns the number of ids before the padding. Returns 0 and writes nothing if max_length is
 * below 3. */
size_t tokenizer_encode_pair(const char *first, size_t first_length, const char *second,
                             size_t second_length, int32_t *ids, int32_t *token_type_ids,
                             size_t max_length);

/* A word of a text. */
typedef struct {
  /* Its first byte in the text, and the byte after its last one. */
  size_t start;
  size_t end;
  /* The position of its first token. */
  size_t position;
} tokenizer_word;

#ifdef TOKENIZER_WORD_RANGES
/* Encodes a text whose words get tags: as tokenizer_encode, but a text that is too long loses
 * whole words. Words end at whitespace and around punctuation.
 *
 * words: the words with tokens, at most max_length - 2.
 * word_count: their number.
 *
 * Returns as tokenizer_encode. */
size_t tokenizer_encode_words(const char *text, size_t length, int32_t *ids, size_t max_length,
                              tokenizer_word *words, size_t *word_count);
#endif

#ifdef TOKENIZER_MAX_QUESTION_TOKENS
/* The place of a token in a text: its first byte, and the byte after its last one. */
typedef struct {
  size_t start;
  size_t end;
} tokenizer_span;

/* The part of a context that a row holds. */
typedef struct {
  /* How many tokens of the context come before it. */
  size_t first;
  /* The position of its first token in the row. */
  size_t position;
  /* The number of its tokens. */
  size_t count;
} tokenizer_window;

/* Encodes a question and a part of its context as `[CLS] question [SEP] context [SEP]`, padded to
 * max_length token ids. A long context takes several rows, whose parts overlap.
 *
 * first: how many tokens of the context come before this part: 0 for the first row, then what the
 *     call before returned.
 * token_type_ids: the second output, as for tokenizer_encode_pair.
 * window: the third output.
 * spans: the fourth output, of max_length elements: the place of each token of the part in the
 *     context.
 *
 * Returns `first` of the next row; 0 if this was the last one. Returns 0 and writes nothing if
 * max_length is below 5. */
size_t tokenizer_encode_question(const char *question, size_t question_length, const char *context,
                                 size_t context_length, size_t first, int32_t *ids,
                                 int32_t *token_type_ids, size_t max_length,
                                 tokenizer_window *window, tokenizer_span *spans);
#endif

#ifdef __cplusplus
}
#endif

#endif
