/* WordPiece tokenization for microcontrollers: no heap, no global state.
 *
 * Token ids are those that the model was trained with. Stack: about 1 KB. */
#ifndef TOKENIZER_H_
#define TOKENIZER_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes `[CLS] text [SEP]` to ids[0] to ids[max_length - 1], cut and padded to max_length.
 *
 * text: length bytes of UTF-8; bytes that are not are left out. It needs no terminating 0.
 *
 * Returns how many ids come before the padding; 0, with nothing written, where max_length is
 * below 2. */
size_t tokenizer_encode(const char *text, size_t length, int32_t *ids, size_t max_length);

#ifdef __cplusplus
}
#endif

#endif
