#include "tokenizer.h"

#ifdef TOKENIZER_STOP_WORDS
#include <string.h>
#endif

/* As in training, a longer word, or a word with a longer run of ASCII letters and digits, becomes
 * one [UNK]. */
#define MAX_WORD_BYTES 400
#define MAX_WORD_ALPHANUMERICS 100

#ifdef TOKENIZER_MAX_QUESTION_TOKENS
/* Where in the text the tokens come from. */
typedef struct {
  const char *text;
  size_t length;
  /* The current code point, the current word, and the first byte of each symbol of the word. */
  tokenizer_span code_point;
  tokenizer_span word;
  size_t symbol_starts[MAX_WORD_BYTES];
  /* The place of each id in the text, from ids[first_span] on; null where nobody asks. */
  tokenizer_span *spans;
  size_t first_span;
} places_t;
#else
typedef char places_t; /* unused */
#endif

typedef struct {
  /* Null where ids are counted alone. */
  int32_t *ids;
  size_t count;
  size_t capacity;
  /* How many ids to leave out before the others. */
  size_t skipped;
  /* Whether an id was dropped. */
  int is_full;
  /* The current word. */
  tokenizer_symbol word[MAX_WORD_BYTES];
  size_t symbols;
  size_t bytes;
  size_t alphanumerics;
  int unknown;
  places_t places;
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
  if (state->skipped) {
    state->skipped--;
    return;
  }
  if (state->count >= state->capacity) {
    state->is_full = 1;
    return;
  }
  if (state->ids) state->ids[state->count] = id;
  state->count++;
}

#ifdef TOKENIZER_MAX_QUESTION_TOKENS
static void open_text(state_t *state, const char *text, size_t length) {
  state->places.text = text;
  state->places.length = length;
}

static void open_code_point(state_t *state, size_t start, size_t end) {
  state->places.code_point.start = start;
  state->places.code_point.end = end;
}

/* Makes the current code point a part of the current word. */
static void extend_word(state_t *state) {
  places_t *const places = &state->places;
  if (state->symbols == 0 && !state->unknown) places->word.start = places->code_point.start;
  places->word.end = places->code_point.end;
}

static void place_symbol(state_t *state) {
  state->places.symbol_starts[state->symbols] = state->places.code_point.start;
}

/* Sets the place of the next id, if it will not be left out or dropped. */
static void set_span(state_t *state, size_t start, size_t end) {
  places_t *const places = &state->places;
  if (!places->spans || state->skipped || state->count >= state->capacity) return;
  places->spans[state->count - places->first_span].start = start;
  places->spans[state->count - places->first_span].end = end;
}

/* Gives the next id the place of some symbols of the word. */
static void place_symbols(state_t *state, size_t first, size_t count) {
  const places_t *const places = &state->places;
  if (!places->spans) return;
  size_t end = places->symbol_starts[first + count - 1];
  next_code_point((const uint8_t *)places->text, places->length, &end);
  set_span(state, places->symbol_starts[first], end);
}

static void place_word(state_t *state) {
  set_span(state, state->places.word.start, state->places.word.end);
}

static void forget_places(state_t *state) { state->places.spans = 0; }
#else
static void open_text(state_t *state, const char *text, size_t length) {
  (void)state, (void)text, (void)length;
}
static void open_code_point(state_t *state, size_t start, size_t end) {
  (void)state, (void)start, (void)end;
}
static void place_symbols(state_t *state, size_t first, size_t count) {
  (void)state, (void)first, (void)count;
}
static void extend_word(state_t *state) { (void)state; }
static void place_symbol(state_t *state) { (void)state; }
static void place_word(state_t *state) { (void)state; }
static void forget_places(state_t *state) { state->places = 0; }
#endif

/* Splits the current word into the longest tokens from left to right, or makes it [UNK]. */
static void end_word(state_t *state) {
  const size_t first_id = state->count;
  const size_t was_skipped = state->skipped;
  const int was_full = state->is_full;
  size_t position = 0;
  if (state->bytes == 0 && !state->unknown) return;
  while (!state->unknown && position < state->symbols) {
    int32_t id = 0;
    const size_t matched = longest_match(
        state->word + position, state->symbols - position,
        position ? TOKENIZER_START_TOKENS : 0,
        position ? TOKENIZER_TOKENS : TOKENIZER_START_TOKENS, &id);
    if (matched == 0) {
      state->unknown = 1;
      break;
    }
    place_symbols(state, position, matched);
    add_id(state, id);
    position += matched;
  }
  if (state->unknown) {
    state->count = first_id;
    state->skipped = was_skipped;
    state->is_full = was_full;
    place_word(state);
    add_id(state, TOKENIZER_UNKNOWN_ID);
  }
  state->symbols = state->bytes = state->alphanumerics = 0;
  state->unknown = 0;
}

/* Appends a symbol to the current word. */
static void add_letter(state_t *state, uint32_t symbol) {
  const unsigned info = tokenizer_symbol_info[symbol];
  extend_word(state);
  state->bytes += info & 0x7F;
  state->alphanumerics = info & 0x80 ? state->alphanumerics + 1 : 0;
  if (symbol == TOKENIZER_UNKNOWN || state->bytes > MAX_WORD_BYTES ||
      state->alphanumerics > MAX_WORD_ALPHANUMERICS) {
    state->unknown = 1;
  }
  if (state->unknown) {
    state->bytes = 0; /* Its length does not matter any more, and cannot overflow. */
  } else {
    place_symbol(state);
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

static state_t start(int32_t *ids, size_t capacity) {
  state_t state;
  state.ids = ids;
  state.count = 0;
  state.capacity = capacity;
  state.skipped = 0;
  state.is_full = 0;
  state.symbols = state.bytes = state.alphanumerics = 0;
  state.unknown = 0;
  forget_places(&state);
  return state;
}

/* Appends the tokens of a text, as many as there is room for. */
static void add_text(state_t *state, const char *text, size_t length) {
  size_t position = 0;
  open_text(state, text, length);
  while (position < length && !state->is_full) {
    const size_t first = position;
    const uint32_t code_point = next_code_point((const uint8_t *)text, length, &position);
    open_code_point(state, first, position);
    add_code_point(state, code_point);
  }
  end_word(state);
}

/* Appends [SEP], for which there always is room, and padding. Returns the number of ids before. */
static size_t finish(state_t *state, size_t max_length) {
  const size_t count = state->count + 1;
  state->ids[state->count] = TOKENIZER_SEP_ID;
  for (size_t i = count; i < max_length; i++) state->ids[i] = TOKENIZER_PAD_ID;
  return count;
}

size_t tokenizer_encode(const char *text, size_t length, int32_t *ids, size_t max_length) {
  if (max_length < 2) return 0;
  state_t state = start(ids, max_length - 1); /* The last position is for [SEP]. */
  add_id(&state, TOKENIZER_CLS_ID);
  add_text(&state, text, length);
  return finish(&state, max_length);
}

#ifdef TOKENIZER_STOP_WORDS
/* Returns whether a token continues a word. */
static int continues(int32_t id) { return tokenizer_continuations[id / 8] >> id % 8 & 1; }

/* Returns the position after the word that begins at a position. */
static size_t end_of_word(const int32_t *ids, size_t start, size_t count) {
  size_t end = start + 1;
  while (end < count && continues(ids[end])) end++;
  return end;
}

/* Returns whether a word, which has `count` ids, may match another. */
static int can_match(const int32_t *ids, size_t count) {
  if (continues(*ids)) return 0;
  if (*ids == TOKENIZER_CLS_ID || *ids == TOKENIZER_SEP_ID || *ids == TOKENIZER_UNKNOWN_ID) {
    return 0;
  }
  for (int word = 0; word < TOKENIZER_STOP_WORDS; word++) {
    const size_t first = tokenizer_stop_word_starts[word];
    size_t equal = 0;
    if (tokenizer_stop_word_starts[word + 1] - first != count) continue;
    while (equal < count && tokenizer_stop_word_ids[first + equal] == ids[equal]) equal++;
    if (equal == count) return 0;
  }
  return 1;
}

/* Gives the tokens of words that both texts of a row have token types of their own. Words are equal
 * where their ids are, since a word always gets the same ones. */
static void mark_matches(const int32_t *ids, int32_t *token_type_ids, size_t second_start,
                         size_t count) {
  for (size_t first = 0, first_end; first < second_start; first = first_end) {
    first_end = end_of_word(ids, first, second_start);
    const size_t length = first_end - first;
    if (!can_match(ids + first, length)) continue;
    for (size_t second = second_start, end; second < count; second = end) {
      end = end_of_word(ids, second, count);
      if (end - second != length || memcmp(ids + first, ids + second, length * sizeof *ids)) {
        continue;
      }
      for (size_t i = 0; i < length; i++) {
        token_type_ids[first + i] = 2;
        token_type_ids[second + i] = 3;
      }
    }
  }
}
#endif

/* Sets the token types of a row whose second text begins at second_start and ends before count. */
static void set_token_types(const int32_t *ids, int32_t *token_type_ids, size_t second_start,
                            size_t count, size_t max_length) {
  for (size_t i = 0; i < max_length; i++) token_type_ids[i] = i >= second_start && i < count;
#ifdef TOKENIZER_STOP_WORDS
  mark_matches(ids, token_type_ids, second_start, count);
#else
  (void)ids;
#endif
}

static size_t count_tokens(const char *text, size_t length) {
  state_t state = start(0, SIZE_MAX);
  add_text(&state, text, length);
  return state.count;
}

size_t tokenizer_encode_pair(const char *first, size_t first_length, const char *second,
                             size_t second_length, int32_t *ids, int32_t *token_type_ids,
                             size_t max_length) {
  if (max_length < 3) return 0;
  const size_t room = max_length - 3;
  size_t first_count = count_tokens(first, first_length);
  size_t second_count = count_tokens(second, second_length);
  /* The longer text is shortened first; of an odd number the longer one keeps one more, of two
   * equally long ones the second. */
  size_t share = room / 2 + (room % 2 && first_count > second_count);
  if (second_count < room && room - second_count > share) share = room - second_count;
  if (first_count > share) first_count = share;
  if (second_count > room - first_count) second_count = room - first_count;

  state_t state = start(ids, 1 + first_count);
  add_id(&state, TOKENIZER_CLS_ID);
  add_text(&state, first, first_length);
  state.capacity++;
  state.is_full = 0;
  add_id(&state, TOKENIZER_SEP_ID);
  const size_t second_start = state.count;
  state.capacity += second_count;
  add_text(&state, second, second_length);
  const size_t count = finish(&state, max_length);
  set_token_types(ids, token_type_ids, second_start, count, max_length);
  return count;
}

#ifdef TOKENIZER_MAX_QUESTION_TOKENS
size_t tokenizer_encode_question(const char *question, size_t question_length, const char *context,
                                 size_t context_length, size_t first, int32_t *ids,
                                 int32_t *token_type_ids, size_t max_length,
                                 tokenizer_window *window, tokenizer_span *spans) {
  if (max_length < 5) return 0;
  /* A question takes at most half of the row. */
  const size_t half = (max_length - 3) / 2;
  state_t state = start(
      ids, 1 + (half < TOKENIZER_MAX_QUESTION_TOKENS ? half : TOKENIZER_MAX_QUESTION_TOKENS));
  add_id(&state, TOKENIZER_CLS_ID);
  add_text(&state, question, question_length);
  state.capacity++;
  state.is_full = 0;
  add_id(&state, TOKENIZER_SEP_ID);
  window->first = first;
  window->position = state.count;
  state.capacity = max_length - 1;
  state.skipped = first;
  state.places.spans = spans;
  state.places.first_span = state.count;
  add_text(&state, context, context_length);
  window->count = state.count - window->position;
  /* Half of a window is in the next one again. */
  const size_t room = max_length - 1 - window->position;
  const size_t next = first + (room > 1 ? room / 2 : 1);
  const int is_last = !state.is_full;
  const size_t count = finish(&state, max_length);
  set_token_types(ids, token_type_ids, window->position, count, max_length);
  return is_last ? 0 : next;
}
#endif

#ifdef TOKENIZER_WORD_RANGES
enum { LETTER, SPACE, PUNCTUATION };

/* Tells whether a character, as it is in the text, is a part of a word, between words, or a word. */
static unsigned word_class(uint32_t code_point) {
  /* The last range that begins at or before the code point. The first range begins at 0. */
  size_t low = 0;
  size_t high = TOKENIZER_WORD_RANGES;
  while (high - low > 1) {
    const size_t middle = (low + high) / 2;
    if (tokenizer_word_ranges[middle] >> 2 <= code_point) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return tokenizer_word_ranges[low] & 3;
}

/* Ends the current word of the text. Returns 0, and drops its tokens, where there is no room. */
static int close_word(state_t *state, const tokenizer_word *word) {
  end_word(state);
  /* A word of control characters has no tokens. */
  if (state->count == word->position && !state->is_full) add_id(state, TOKENIZER_UNKNOWN_ID);
  if (!state->is_full) return 1;
  state->count = word->position;
  return 0;
}

size_t tokenizer_encode_words(const char *text, size_t length, int32_t *ids, size_t max_length,
                              tokenizer_word *words, size_t *word_count) {
  *word_count = 0;
  if (max_length < 2) return 0;
  state_t state = start(ids, max_length - 1);
  add_id(&state, TOKENIZER_CLS_ID);
  tokenizer_word word = {0, 0, 0};
  int is_open = 0;
  size_t position = 0;
  while (position < length || is_open) {
    const size_t from = position;
    unsigned kind = SPACE; /* The end of the text ends the last word. */
    uint32_t code_point = 0;
    if (position < length) {
      code_point = next_code_point((const uint8_t *)text, length, &position);
      if (code_point == 0 && text[from] != 0) continue; /* no UTF-8 */
      kind = word_class(code_point);
    }
    if (is_open && kind != LETTER) {
      if (!close_word(&state, &word)) break;
      words[(*word_count)++] = word;
      is_open = 0;
    }
    if (kind == SPACE) continue;
    if (!is_open) {
      word.start = from;
      word.position = state.count;
    }
    word.end = position;
    is_open = 1;
    add_code_point(&state, code_point);
    if (kind == PUNCTUATION) {
      if (!close_word(&state, &word)) break;
      words[(*word_count)++] = word;
      is_open = 0;
    }
  }
  return finish(&state, max_length);
}
#endif
