/* Runs the exported tokenizer and decoder on a file of inputs, on a host or a Cortex-M.
 *
 * input.bin: records; a uint32 (the host's and the device's order are both little-endian) with
 * the length of a text and the text; or LOGITS and check_logits logits; or PAIR and two texts with
 * their lengths; or WORDS, a length and a text; or QUESTION, question and context with their lengths.
 * output.bin: for a text its MAX_LENGTH ids, int32; for logits what check_decoder writes; for a
 * pair ids and token types; for words their number, the ids, and start, end and position of each;
 * for a question for each row the first token of the next one, ids, token types, and start and end of
 * each token, -1 outside the context. */
#include "check.h"

#include <stdint.h>
#include <stdlib.h>

#include "tokenizer.h"

#define LOGITS 0xFFFFFFFFu
#define PAIR 0xFFFFFFFEu
#define WORDS 0xFFFFFFFDu
#define QUESTION 0xFFFFFFFCu

/* Reads a record into a buffer of exactly its length, so that sanitizers see a read past its end. */
static char *read_bytes(FILE *input, uint32_t length) {
  char *bytes = malloc(length ? length : 1);
  if (!bytes || fread(bytes, 1, length, input) != length) exit(3);
  return bytes;
}

static char *read_text(FILE *input, uint32_t *length) {
  if (fread(length, sizeof *length, 1, input) != 1) exit(4);
  return read_bytes(input, *length);
}

int main(void) {
  FILE *input = fopen("input.bin", "rb");
  FILE *output = fopen("output.bin", "wb");
  int32_t ids[MAX_LENGTH], types[MAX_LENGTH];
  uint32_t kind;
  if (!input || !output) return 2;
  while (fread(&kind, sizeof kind, 1, input) == 1) {
    uint32_t length, other_length;
    if (kind == LOGITS) {
      char *logits = read_bytes(input, check_logits);
      check_decoder((const int8_t *)logits, output);
      free(logits);
    } else if (kind == PAIR) {
      char *text = read_text(input, &length);
      char *other = read_text(input, &other_length);
      tokenizer_encode_pair(text, length, other, other_length, ids, types, MAX_LENGTH);
      fwrite(ids, sizeof ids, 1, output);
      fwrite(types, sizeof types, 1, output);
      free(text);
      free(other);
#ifdef TOKENIZER_MAX_QUESTION_TOKENS
    } else if (kind == QUESTION) {
      char *question = read_text(input, &length);
      char *context = read_text(input, &other_length);
      tokenizer_span *spans = malloc(MAX_LENGTH * sizeof *spans);
      size_t next = 0;
      if (!spans) return 7;
      do {
        tokenizer_window window;
        int32_t places[MAX_LENGTH][2];
        next = tokenizer_encode_question(question, length, context, other_length, next, ids, types,
                                         MAX_LENGTH, &window, spans);
        for (size_t i = 0; i < MAX_LENGTH; i++) {
          const int is_context = i >= window.position && i < window.position + window.count;
          places[i][0] = is_context ? (int32_t)spans[i - window.position].start : -1;
          places[i][1] = is_context ? (int32_t)spans[i - window.position].end : -1;
        }
        const int32_t first = (int32_t)next;
        fwrite(&first, sizeof first, 1, output);
        fwrite(ids, sizeof ids, 1, output);
        fwrite(types, sizeof types, 1, output);
        fwrite(places, sizeof places, 1, output);
      } while (next);
      free(spans);
      free(question);
      free(context);
#endif
#ifdef TOKENIZER_WORD_RANGES
    } else if (kind == WORDS) {
      char *text = read_text(input, &length);
      tokenizer_word *words = malloc(MAX_LENGTH * sizeof *words);
      size_t count;
      if (!words) return 5;
      tokenizer_encode_words(text, length, ids, MAX_LENGTH, words, &count);
      const int32_t number = (int32_t)count;
      fwrite(&number, sizeof number, 1, output);
      fwrite(ids, sizeof ids, 1, output);
      for (size_t i = 0; i < count; i++) {
        const int32_t word[3] = {(int32_t)words[i].start, (int32_t)words[i].end,
                                 (int32_t)words[i].position};
        fwrite(word, sizeof word, 1, output);
      }
      free(words);
      free(text);
#endif
    } else {
      char *text = read_bytes(input, kind);
      tokenizer_encode(text, kind, ids, MAX_LENGTH);
      fwrite(ids, sizeof ids, 1, output);
      free(text);
    }
  }
  return fclose(output) ? 6 : 0;
}
