/* int8 kernels of the network, bit by bit the reference kernels of TensorFlow Lite.
 *
 * Real value = scale * (stored value - zero point). All arrays of one call are apart from each
 * other, unless a function says that it works in place. */
#ifndef TFSQUEEZE_KERNELS_H_
#define TFSQUEEZE_KERNELS_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A factor: multiplier * 2**(shift - 31). A positive shift is to the left. */
typedef struct {
  int32_t multiplier;
  int32_t shift;
} tfsqueeze_factor;

/* How an operand of rows * columns numbers is stored: number [row, column] is at
 * row * row_step + column * column_step. A step of 0 repeats it. */
typedef struct {
  int32_t row_step;
  int32_t column_step;
} tfsqueeze_steps;

/* A product of [rows, depth] with constant weights, as CONV_2D of 1x1 and FULLY_CONNECTED. */
typedef struct {
  int32_t rows, depth, channels;
  /* From one row to the next. */
  int32_t input_stride, output_stride;
  /* For each pair of channels and each 4 numbers of the depth, 4 weights of the first channel
   * and 4 of the second; 0 where depth or channels end before. */
  const int8_t *weights;
  /* For each channel. The bias holds the term of the input's zero point. */
  const int32_t *bias;
  const tfsqueeze_factor *factors;
  int32_t zero_point, minimum, maximum;
} tfsqueeze_dense_params;

/* DEPTHWISE_CONV_2D along the rows of [rows, channels] with zero points as padding. */
typedef struct {
  int32_t rows, channels, taps, padding;
  int32_t input_zero_point;
  /* [taps, channels] */
  const int8_t *weights;
  const int32_t *bias;
  const tfsqueeze_factor *factors;
  int32_t zero_point, minimum, maximum;
} tfsqueeze_depthwise_params;

/* BATCH_MATMUL: [batches, rows, depth] times the transpose of [batches, columns, depth]. */
typedef struct {
  int32_t batches, rows, columns, depth;
  int32_t left_zero_point, right_zero_point;
  tfsqueeze_factor factor;
  int32_t zero_point;
} tfsqueeze_matmul_params;

/* ADD and SUB (with sign -1) of two operands that are scaled to one scale first. */
typedef struct {
  int32_t rows, columns;
  tfsqueeze_steps left_steps, right_steps;
  int32_t left_zero_point, right_zero_point;
  tfsqueeze_factor left_factor, right_factor, factor;
  int32_t sign;
  int32_t zero_point, minimum, maximum;
} tfsqueeze_add_params;

/* MUL of two operands. */
typedef struct {
  int32_t rows, columns;
  tfsqueeze_steps left_steps, right_steps;
  int32_t left_zero_point, right_zero_point;
  tfsqueeze_factor factor;
  int32_t zero_point, minimum, maximum;
} tfsqueeze_mul_params;

/* MINIMUM of two operands of one scale. */
typedef struct {
  int32_t rows, columns;
  tfsqueeze_steps left_steps, right_steps;
} tfsqueeze_minimum_params;

/* A rearrangement: number [i, j, k, l] of the output, whose shape is given, is the input's at
 * i * strides[0] + j * strides[1] + k * strides[2] + l * strides[3]. */
typedef struct {
  int32_t shape[4];
  int32_t strides[4];
} tfsqueeze_transpose_params;

/* GATHER: the rows, each of width bytes, of a table. */
void tfsqueeze_gather(int32_t count, int32_t width, const int8_t *table, const int32_t *ids,
                      int8_t *output);

/* The output for each value of an input from -128 to 127; works in place. */
void tfsqueeze_look_up(int32_t count, const int8_t *table, const int8_t *input, int8_t *output);

/* Copies rows of width bytes between arrays of which strides are given. */
void tfsqueeze_copy(int32_t rows, int32_t width, int32_t input_stride, int32_t output_stride,
                    const int8_t *input, int8_t *output);

void tfsqueeze_transpose(const tfsqueeze_transpose_params *params, const int8_t *input,
                         int8_t *output);

void tfsqueeze_dense(const tfsqueeze_dense_params *params, const int8_t *input, int8_t *output);

void tfsqueeze_depthwise(const tfsqueeze_depthwise_params *params, const int8_t *input,
                         int8_t *output);

/* sums: room for one number for each column. */
void tfsqueeze_matmul(const tfsqueeze_matmul_params *params, const int8_t *left,
                      const int8_t *right, int32_t *sums, int8_t *output);

/* These three work in place on an operand that is not repeated. */
void tfsqueeze_add(const tfsqueeze_add_params *params, const int8_t *left, const int8_t *right,
                   int8_t *output);
void tfsqueeze_mul(const tfsqueeze_mul_params *params, const int8_t *left, const int8_t *right,
                   int8_t *output);
void tfsqueeze_minimum(const tfsqueeze_minimum_params *params, const int8_t *left,
                       const int8_t *right, int8_t *output);

/* SOFTMAX of each row, with an output scale of 1/256; works in place.
 *
 * exponentials: the exponential of -255 to 0 steps of the input, times 2**31. */
void tfsqueeze_softmax(int32_t rows, int32_t columns, const int32_t *exponentials,
                       const int8_t *input, int8_t *output);

/* L2_NORMALIZATION of each row, with an output scale of 1/128; works in place. */
void tfsqueeze_l2_normalize(int32_t rows, int32_t columns, int32_t zero_point,
                            const int8_t *input, int8_t *output);

/* REDUCE_MAX of the middle axis of [outer, count, inner]. */
void tfsqueeze_reduce_max(int32_t outer, int32_t count, int32_t inner, const int8_t *input,
                          int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
