#include "answerer.h"

/* Returns whether the first candidate comes before the second: by score, then by place. */
static int is_before(const answerer_candidate *first, const answerer_candidate *second) {
  if (first->score != second->score) return first->score > second->score;
  if (first->start != second->start) return first->start < second->start;
  return first->end < second->end;
}

/* Puts a candidate into a list that is sorted; of a full list the last one drops out. Keeps those
 * that are equal in the order in which they came. */
static void insert(answerer_candidate *list, size_t *count, answerer_candidate candidate,
                   int (*comes_before)(const answerer_candidate *, const answerer_candidate *)) {
  if (*count == ANSWERER_CANDIDATES) {
    if (!comes_before(&candidate, &list[*count - 1])) return;
  } else {
    ++*count;
  }
  size_t place = *count - 1;
  for (; place > 0 && comes_before(&candidate, &list[place - 1]); place--) {
    list[place] = list[place - 1];
  }
  list[place] = candidate;
}

static int has_higher_score(const answerer_candidate *first, const answerer_candidate *second) {
  return first->score > second->score;
}

/* Adds a candidate; of two at the same place the one with the higher score stays. */
static void add_candidate(answerer_search *search, answerer_candidate candidate) {
  for (size_t i = 0; i < search->count; i++) {
    const answerer_candidate *const other = &search->candidates[i];
    if (other->start != candidate.start || other->end != candidate.end) continue;
    if (other->score >= candidate.score) return;
    for (size_t next = i + 1; next < search->count; next++) {
      search->candidates[next - 1] = search->candidates[next];
    }
    search->count--;
    break;
  }
  insert(search->candidates, &search->count, candidate, is_before);
}

void answerer_add(answerer_search *search, const int8_t *start_logits, const int8_t *end_logits,
                  const tokenizer_window *window, const tokenizer_span *spans) {
  const int64_t no_answer_score =
      answerer_start_scores[start_logits[0] + 128] + answerer_end_scores[end_logits[0] + 128];
  if (window->first == 0) search->count = 0;
  if (window->first == 0 || no_answer_score < search->no_answer_score) {
    search->no_answer_score = no_answer_score;
  }
  /* The best of this row, in the order of their tokens where scores are equal. */
  answerer_candidate best[ANSWERER_CANDIDATES];
  size_t count = 0;
  const int8_t *const starts = start_logits + window->position;
  const int8_t *const ends = end_logits + window->position;
  for (size_t first = 0; first < window->count; first++) {
    for (size_t last = first; last < window->count && last < first + ANSWERER_MAX_TOKENS; last++) {
      const answerer_candidate candidate = {
          spans[first].start, spans[last].end,
          answerer_start_scores[starts[first] + 128] + answerer_end_scores[ends[last] + 128]};
      insert(best, &count, candidate, has_higher_score);
    }
  }
  for (size_t i = 0; i < count; i++) add_candidate(search, best[i]);
}

int answerer_has_answer(const answerer_search *search) {
  if (search->count == 0) return 0;
#if ANSWERER_KNOWS_NO_ANSWER
  return search->no_answer_score - search->candidates[0].score <= ANSWERER_HIGHEST_LEAD;
#else
  return 1;
#endif
}

/* Returns exp(-x) for x from 0, without a library. */
static float exponential(float x) {
  float result = 1.0f;
  if (x > 80.0f) return 0.0f;
  for (; x >= 0.5f; x -= 0.5f) result *= 0.60653066f; /* exp(-0.5) */
  /* Taylor's series. */
  float term = 1.0f;
  float sum = 1.0f;
  for (int i = 1; i < 9; i++) {
    term *= -x / (float)i;
    sum += term;
  }
  return result * sum;
}

/* Returns the share of a score in the softmax, before division by the sum. */
static float share(int64_t score, int64_t highest) {
  return exponential(ANSWERER_UNIT / ANSWERER_TEMPERATURE * (float)(highest - score));
}

float answerer_probability(const answerer_search *search) {
  if (search->count == 0) return 1.0f;
  const int64_t best = search->candidates[0].score;
  int64_t chosen = best;
  int64_t highest = best;
#if ANSWERER_KNOWS_NO_ANSWER
  if (search->no_answer_score > highest) highest = search->no_answer_score;
  if (!answerer_has_answer(search)) chosen = search->no_answer_score;
  float sum = share(search->no_answer_score, highest);
#else
  float sum = 0.0f;
#endif
  for (size_t i = 0; i < search->count; i++) sum += share(search->candidates[i].score, highest);
  return share(chosen, highest) / sum;
}
