#include "tokenizer.h"

#include "tokenizer_tables.h"

/* As in training, a longer word, or a word with a longer run of ASCII letters and digits, becomes
 * one [UNK]. */
#define MAX_WORD_BYTES 400
#define MAX_WORD_ALPHANUMERICS 100

typedef struct {
  int32_t *ids;
  size_t count;
  size_t capacity;
  /* The current word. */
  tokenizer_symbol word[MAX_WORD_BYTES];
  size_t symbols;
  size_t bytes;
  size_t alphanumerics;
  int unknown;
} state_t;

/* Decodes one code point of UTF-8. Returns 0, which the tokenizer deletes, for invalid bytes. */
static uint32_t next_code_point(const uint8_t *text, size_t length, size_t *position) {
  const uint8_t first = text[(*position)++];
  if (first < 0x80) return first;
  if (first < 0xC2 || first > 0xF4) return 0;
  unsigned rest = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  uint32_t code_point = first & (0x3Fu >> rest);
  /* The range of the second byte (The Unicode Standard, table 3-7). */
  uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (; rest > 0; rest--) {
    if (*position >= length) return 0;
    const uint8_t byte = text[*position];
    /* An invalid byte may begin the next code point, so it is not consumed. */
    if (byte < low || byte > high) return 0;
    (*position)++;
    code_point = code_point << 6 | (byte & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  return code_point;
}

/* Looks up the symbol of a code point by binary search. */
static uint32_t symbol_of(uint32_t code_point) {
  size_t low = 0;
  size_t high = TOKENIZER_MAPPED;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (tokenizer_mapped_code_points[middle] < code_point) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low < TOKENIZER_MAPPED && tokenizer_mapped_code_points[low] == code_point) {
    return tokenizer_mapped_symbols[low];
  }
  /* The last range that begins at or before the code point. The first range begins at 0. */
  low = 0;
  high = TOKENIZER_RANGES;
  while (high - low > 1) {
    const size_t middle = (low + high) / 2;
    if (tokenizer_ranges[middle] >> 2 <= code_point) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return tokenizer_ranges[low] & 3;
}

/* Finds the longest token, among the tokens from low to high, that is a prefix of the symbols.
 * Returns its length in symbols and sets id, or returns 0. The tokens are sorted, so those with a
 * common prefix are neighbours. */
static size_t longest_match(const tokenizer_symbol *symbols, size_t count, size_t low, size_t high,
                            int32_t *id) {
  size_t matched = 0;
  for (size_t depth = 0; depth < count; depth++) {
    size_t first = low;
    size_t last = high;
    while (first < last) {
      const size_t middle = (first + last) / 2;
      const size_t start = tokenizer_token_starts[middle];
      const size_t end = tokenizer_token_starts[middle + 1];
      if (end - start <= depth || tokenizer_token_symbols[start + depth] < symbols[depth]) {
        first = middle + 1;
      } else {
        last = middle;
      }
    }
    low = first;
    last = high;
    while (first < last) {
      const size_t middle = (first + last) / 2;
      if (tokenizer_token_symbols[tokenizer_token_starts[middle] + depth] == symbols[depth]) {
        first = middle + 1;
      } else {
        last = middle;
      }
    }
    high = first;
    if (low == high) break;
    if ((size_t)(tokenizer_token_starts[low + 1] - tokenizer_token_starts[low]) == depth + 1) {
      matched = depth + 1;
      *id = tokenizer_token_ids[low];
    }
  }
  return matched;
}

/* Appends a token id; drops it where the output is full. */
static void add_id(state_t *state, int32_t id) {
  if (state->count < state->capacity) state->ids[state->count++] = id;
}

/* Splits the current word into the longest tokens from left to right, or makes it [UNK]. */
static void end_word(state_t *state) {
  const size_t first_id = state->count;
  size_t position = 0;
  if (state->bytes == 0 && !state->unknown) return;
  while (!state->unknown && position < state->symbols) {
    int32_t id = 0;
    const size_t matched = longest_match(
        state->word + position, state->symbols - position,
        position ? TOKENIZER_START_TOKENS : 0,
        position ? TOKENIZER_TOKENS : TOKENIZER_START_TOKENS, &id);
    if (matched == 0) state->unknown = 1;
    add_id(state, id);
    position += matched;
  }
  if (state->unknown) {
    state->count = first_id;
    add_id(state, TOKENIZER_UNKNOWN_ID);
  }
  state->symbols = state->bytes = state->alphanumerics = 0;
  state->unknown = 0;
}

/* Appends a symbol to the current word. */
static void add_letter(state_t *state, uint32_t symbol) {
  const unsigned info = tokenizer_symbol_info[symbol];
  state->bytes += info & 0x7F;
  state->alphanumerics = info & 0x80 ? state->alphanumerics + 1 : 0;
  if (symbol == TOKENIZER_UNKNOWN || state->bytes > MAX_WORD_BYTES ||
      state->alphanumerics > MAX_WORD_ALPHANUMERICS) {
    state->unknown = 1;
  }
  if (state->unknown) {
    state->bytes = 0; /* Its length does not matter any more, and cannot overflow. */
  } else {
    state->word[state->symbols++] = (tokenizer_symbol)symbol;
  }
}

/* Processes one normalized character. */
static void add_symbol(state_t *state, uint32_t symbol) {
  if (symbol == TOKENIZER_EMPTY) return;
  if (symbol == TOKENIZER_UNKNOWN ||
      (symbol >= TOKENIZER_FIRST_KNOWN && symbol < TOKENIZER_FIRST_ISOLATED)) {
    add_letter(state, symbol);
    return;
  }
  end_word(state);
  if (symbol == TOKENIZER_WHITESPACE) return;
  add_letter(state, symbol == TOKENIZER_UNKNOWN_ISOLATED ? TOKENIZER_UNKNOWN : symbol);
  end_word(state);
}

/* Normalizes one code point and processes the resulting characters. */
static void add_code_point(state_t *state, uint32_t code_point) {
#if TOKENIZER_DECOMPOSES_HANGUL
  /* Hangul syllables decompose by arithmetic (The Unicode Standard, section 3.12). */
  if (code_point >= 0xAC00 && code_point < 0xD7A4) {
    const uint32_t syllable = code_point - 0xAC00;
    add_symbol(state, symbol_of(0x1100 + syllable / 588));
    add_symbol(state, symbol_of(0x1161 + syllable % 588 / 28));
    if (syllable % 28) add_symbol(state, symbol_of(0x11A7 + syllable % 28));
    return;
  }
#endif
  const uint32_t symbol = symbol_of(code_point);
  if (symbol < TOKENIZER_FIRST_EXPANSION) {
    add_symbol(state, symbol);
    return;
  }
  const size_t expansion = symbol - TOKENIZER_FIRST_EXPANSION;
  for (size_t i = tokenizer_expansion_starts[expansion];
       i < tokenizer_expansion_starts[expansion + 1]; i++) {
    add_symbol(state, tokenizer_expansion_symbols[i]);
  }
}

size_t tokenizer_encode(const char *text, size_t length, int32_t *ids, size_t max_length) {
  if (max_length < 2) return 0;
  state_t state;
  state.ids = ids;
  state.count = 0;
  state.capacity = max_length - 1; /* The last position is for [SEP]. */
  state.symbols = state.bytes = state.alphanumerics = 0;
  state.unknown = 0;
  add_id(&state, TOKENIZER_CLS_ID);
  size_t position = 0;
  while (position < length && state.count < state.capacity) {
    add_code_point(&state, next_code_point((const uint8_t *)text, length, &position));
  }
  end_word(&state);
  ids[state.count++] = TOKENIZER_SEP_ID;
  for (size_t i = state.count; i < max_length; i++) ids[i] = TOKENIZER_PAD_ID;
  return state.count;
}
