#include "tfsqueeze_kernels.h"

#include <string.h>

/* The instructions SXTB16 and SMLAD of Cortex-M4, M7, M33 and others. */
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
#include <arm_acle.h>
#define HAS_DSP 1
#else
#define HAS_DSP 0
#endif

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

/* Fixed-point arithmetic as in gemmlowp, which the reference kernels use. A shift of a negative
 * number to the right has to be arithmetic, as it is with all compilers for these processors. */

/* Returns a * b / 2**31, rounded to the nearest number, and a tie up. */
INLINE int32_t high_product(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/* Returns x / 2**exponent, rounded to the nearest number, and a tie away from 0; for exponents
 * above 0. The sum of the rounding does not overflow, as half of the division comes first. */
INLINE int32_t divide_by_power(int32_t x, int32_t exponent) {
  const int32_t tie_down = x + (x >> 31);
  return ((tie_down >> (exponent - 1)) + 1) >> 1;
}

/* Returns x times a factor. */
INLINE int32_t scale(int32_t x, tfsqueeze_factor factor) {
  if (factor.shift >= 0) {
    return high_product((int32_t)((uint32_t)x << factor.shift), factor.multiplier);
  }
  return divide_by_power(high_product(x, factor.multiplier), -factor.shift);
}

INLINE int32_t clamp(int32_t x, int32_t minimum, int32_t maximum) {
  x = x < minimum ? minimum : x;
  return x > maximum ? maximum : x;
}

INLINE int32_t saturate(int32_t x) {
#if defined(__ARM_FEATURE_SAT) && defined(__GNUC__)
  /* The macro __ssat of some compilers has a conversion that -Wconversion warns of. */
  int32_t saturated;
  __asm__("ssat %0, #8, %1" : "=r"(saturated) : "r"(x));
  return saturated;
#else
  return clamp(x, -128, 127);
#endif
}

/* The range of an activation is mostly that of int8, for which `saturate` is enough. */
INLINE int is_narrow(int32_t minimum, int32_t maximum) { return minimum > -128 || maximum < 127; }

#if HAS_DSP
INLINE int32_t read_word(const int8_t *bytes) {
  int32_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

/* Returns bytes 1 and 3 of a word as two numbers of 16 bits; __sxtb16 returns bytes 0 and 2. */
INLINE int16x2_t odd_bytes(int32_t word) {
#if defined(__GNUC__)
  /* The rotation is part of the instruction; no intrinsic has it. */
  int16x2_t numbers;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(numbers) : "r"(word));
  return numbers;
#else
  return __sxtb16((int8x4_t)((uint32_t)word >> 8));
#endif
}
#endif

/* Adds four products, of two vectors x with two vectors w, to sums[x][w]. The vectors w are at
 * w0 and w1; after each 4 numbers they go on step bytes further. */
INLINE void add_products(const int8_t *x0, const int8_t *x1, const int8_t *w0, const int8_t *w1,
                         int32_t step, int32_t depth, int32_t sums[4]) {
  int32_t s00 = sums[0], s01 = sums[1], s10 = sums[2], s11 = sums[3];
  for (; depth >= 4; depth -= 4) {
#if HAS_DSP
    const int32_t w0_word = read_word(w0), w1_word = read_word(w1);
    const int32_t x0_word = read_word(x0), x1_word = read_word(x1);
    const int16x2_t w0_even = __sxtb16((int8x4_t)w0_word);
    const int16x2_t w0_odd = odd_bytes(w0_word);
    const int16x2_t w1_even = __sxtb16((int8x4_t)w1_word);
    const int16x2_t w1_odd = odd_bytes(w1_word);
    int16x2_t even = __sxtb16((int8x4_t)x0_word);
    int16x2_t odd = odd_bytes(x0_word);
    s00 = __smlad(odd, w0_odd, __smlad(even, w0_even, s00));
    s01 = __smlad(odd, w1_odd, __smlad(even, w1_even, s01));
    even = __sxtb16((int8x4_t)x1_word);
    odd = odd_bytes(x1_word);
    s10 = __smlad(odd, w0_odd, __smlad(even, w0_even, s10));
    s11 = __smlad(odd, w1_odd, __smlad(even, w1_even, s11));
#else
#define ADD_PRODUCTS_AT(i)      \
  s00 += x0[i] * w0[i];         \
  s01 += x0[i] * w1[i];         \
  s10 += x1[i] * w0[i];         \
  s11 += x1[i] * w1[i];
    ADD_PRODUCTS_AT(0)
    ADD_PRODUCTS_AT(1)
    ADD_PRODUCTS_AT(2)
    ADD_PRODUCTS_AT(3)
#undef ADD_PRODUCTS_AT
#endif
    x0 += 4;
    x1 += 4;
    w0 += step;
    w1 += step;
  }
  for (; depth > 0; depth--) {
    s00 += *x0 * *w0;
    s01 += *x0++ * *w1;
    s10 += *x1 * *w0++;
    s11 += *x1++ * *w1++;
  }
  sums[0] = s00;
  sums[1] = s01;
  sums[2] = s10;
  sums[3] = s11;
}

void tfsqueeze_gather(int32_t count, int32_t width, const int8_t *table, const int32_t *ids,
                      int8_t *output) {
  for (int32_t i = 0; i < count; i++) {
    memcpy(output + i * width, table + ids[i] * width, (size_t)width);
  }
}

void tfsqueeze_look_up(int32_t count, const int8_t *table, const int8_t *input, int8_t *output) {
  for (int32_t i = 0; i < count; i++) output[i] = table[input[i] + 128];
}

void tfsqueeze_copy(int32_t rows, int32_t width, int32_t input_stride, int32_t output_stride,
                    const int8_t *input, int8_t *output) {
  for (int32_t row = 0; row < rows; row++) {
    memcpy(output + row * output_stride, input + row * input_stride, (size_t)width);
  }
}

void tfsqueeze_transpose(const tfsqueeze_transpose_params *params, const int8_t *input,
                         int8_t *output) {
  const int32_t *shape = params->shape, *strides = params->strides;
  for (int32_t i = 0; i < shape[0]; i++) {
    for (int32_t j = 0; j < shape[1]; j++) {
      for (int32_t k = 0; k < shape[2]; k++) {
        const int8_t *next = input + i * strides[0] + j * strides[1] + k * strides[2];
        for (int32_t l = 0; l < shape[3]; l++) {
          *output++ = *next;
          next += strides[3];
        }
      }
    }
  }
}

void tfsqueeze_dense(const tfsqueeze_dense_params *params, const int8_t *input, int8_t *output) {
  const int32_t rows = params->rows, depth = params->depth, channels = params->channels;
  const int32_t zero_point = params->zero_point;
  const int32_t minimum = params->minimum, maximum = params->maximum;
  const int narrow = is_narrow(minimum, maximum);
  const int32_t pair_bytes = (depth + 3) / 4 * 8;
  /* Two rows by two channels. Where their number is odd, the last is computed twice. */
  for (int32_t row = 0; row < rows; row += 2) {
    const int32_t next_row = row + 1 < rows ? row + 1 : row;
    const int8_t *x0 = input + row * params->input_stride;
    const int8_t *x1 = input + next_row * params->input_stride;
    int8_t *y0 = output + row * params->output_stride;
    int8_t *y1 = output + next_row * params->output_stride;
    const int8_t *weights = params->weights;
    for (int32_t c = 0; c < channels; c += 2) {
      const int32_t d = c + 1 < channels ? c + 1 : c;
      int32_t sums[4] = {params->bias[c], params->bias[d], params->bias[c], params->bias[d]};
      /* Where there is no second channel, its weights are 0, and its sums are not used. */
      add_products(x0, x1, weights, weights + 4, 8, depth, sums);
      const tfsqueeze_factor factor_c = params->factors[c], factor_d = params->factors[d];
      sums[0] = saturate(scale(sums[0], factor_c) + zero_point);
      sums[1] = saturate(scale(sums[1], factor_d) + zero_point);
      sums[2] = saturate(scale(sums[2], factor_c) + zero_point);
      sums[3] = saturate(scale(sums[3], factor_d) + zero_point);
      if (narrow) {
        for (int i = 0; i < 4; i++) sums[i] = clamp(sums[i], minimum, maximum);
      }
      if (d > c) {
        y0[d] = (int8_t)sums[1];
        y1[d] = (int8_t)sums[3];
      }
      y0[c] = (int8_t)sums[0];
      y1[c] = (int8_t)sums[2];
      weights += pair_bytes;
    }
  }
}

void tfsqueeze_depthwise(const tfsqueeze_depthwise_params *params, const int8_t *input,
                         int8_t *output) {
  const int32_t rows = params->rows, channels = params->channels;
  for (int32_t row = 0; row < rows; row++) {
    const int32_t start = row - params->padding;
    const int32_t first = start < 0 ? -start : 0;
    const int32_t last = start + params->taps > rows ? rows - start : params->taps;
    for (int32_t c = 0; c < channels; c++) {
      int32_t sum = params->bias[c];
      for (int32_t tap = first; tap < last; tap++) {
        sum += (input[(start + tap) * channels + c] - params->input_zero_point) *
               params->weights[tap * channels + c];
      }
      sum = scale(sum, params->factors[c]) + params->zero_point;
      *output++ = (int8_t)clamp(saturate(sum), params->minimum, params->maximum);
    }
  }
}

INLINE int32_t sum_of(const int8_t *numbers, int32_t count) {
  int32_t sum = 0;
  for (int32_t i = 0; i < count; i++) sum += numbers[i];
  return sum;
}

void tfsqueeze_matmul(const tfsqueeze_matmul_params *params, const int8_t *left,
                      const int8_t *right, int32_t *sums, int8_t *output) {
  const int32_t rows = params->rows, columns = params->columns, depth = params->depth;
  const int32_t zero_point = params->zero_point;
  const tfsqueeze_factor factor = params->factor;
  for (int32_t batch = 0; batch < params->batches; batch++) {
    /* Sum of (l - zl) * (r - zr) = sum of l * r - zl * sum of r - zr * sum of l + depth * zl * zr.
     */
    for (int32_t column = 0; column < columns; column++) {
      sums[column] = params->left_zero_point *
                     (depth * params->right_zero_point - sum_of(right + column * depth, depth));
    }
    for (int32_t row = 0; row < rows; row += 2) {
      const int32_t next_row = row + 1 < rows ? row + 1 : row;
      const int8_t *x0 = left + row * depth, *x1 = left + next_row * depth;
      int8_t *y0 = output + row * columns, *y1 = output + next_row * columns;
      int32_t start0 = 0, start1 = 0;
      if (params->right_zero_point != 0) {
        start0 = -params->right_zero_point * sum_of(x0, depth);
        start1 = -params->right_zero_point * sum_of(x1, depth);
      }
      for (int32_t c = 0; c < columns; c += 2) {
        const int32_t d = c + 1 < columns ? c + 1 : c;
        int32_t products[4] = {start0 + sums[c], start0 + sums[d], start1 + sums[c],
                               start1 + sums[d]};
        add_products(x0, x1, right + c * depth, right + d * depth, 4, depth, products);
        y0[c] = (int8_t)saturate(scale(products[0], factor) + zero_point);
        y0[d] = (int8_t)saturate(scale(products[1], factor) + zero_point);
        y1[c] = (int8_t)saturate(scale(products[2], factor) + zero_point);
        y1[d] = (int8_t)saturate(scale(products[3], factor) + zero_point);
      }
    }
    left += rows * depth;
    right += columns * depth;
    output += rows * columns;
  }
}

/* The operands are taken times 2**20, as in the reference kernel. */
INLINE int32_t addend(int32_t x, int32_t zero_point, tfsqueeze_factor factor) {
  return scale((x - zero_point) * (1 << 20), factor);
}

void tfsqueeze_add(const tfsqueeze_add_params *params, const int8_t *left, const int8_t *right,
                   int8_t *output) {
  const tfsqueeze_factor left_factor = params->left_factor, right_factor = params->right_factor;
  const tfsqueeze_factor factor = params->factor;
  const int32_t left_zero_point = params->left_zero_point;
  const int32_t right_zero_point = params->right_zero_point;
  const int32_t left_step = params->left_steps.column_step;
  const int32_t right_step = params->right_steps.column_step;
  const int32_t sign = params->sign;
  const int32_t zero_point = params->zero_point;
  const int32_t minimum = params->minimum, maximum = params->maximum;
  const int narrow = is_narrow(minimum, maximum);
  for (int32_t row = 0; row < params->rows; row++) {
    const int8_t *l = left + row * params->left_steps.row_step;
    const int8_t *r = right + row * params->right_steps.row_step;
    int32_t addend_of_row = 0;
    if (right_step == 0) addend_of_row = sign * addend(*r, right_zero_point, right_factor);
    for (int32_t column = 0; column < params->columns; column++) {
      int32_t sum = addend(*l, left_zero_point, left_factor);
      if (right_step == 0) {
        sum += addend_of_row;
      } else {
        sum += sign * addend(*r, right_zero_point, right_factor);
      }
      sum = saturate(scale(sum, factor) + zero_point);
      *output++ = (int8_t)(narrow ? clamp(sum, minimum, maximum) : sum);
      l += left_step;
      r += right_step;
    }
  }
}

void tfsqueeze_mul(const tfsqueeze_mul_params *params, const int8_t *left, const int8_t *right,
                   int8_t *output) {
  const tfsqueeze_factor factor = params->factor;
  const int32_t left_zero_point = params->left_zero_point;
  const int32_t right_zero_point = params->right_zero_point;
  const int32_t left_step = params->left_steps.column_step;
  const int32_t right_step = params->right_steps.column_step;
  const int32_t zero_point = params->zero_point;
  const int32_t minimum = params->minimum, maximum = params->maximum;
  const int narrow = is_narrow(minimum, maximum);
  for (int32_t row = 0; row < params->rows; row++) {
    const int8_t *l = left + row * params->left_steps.row_step;
    const int8_t *r = right + row * params->right_steps.row_step;
    for (int32_t column = 0; column < params->columns; column++) {
      int32_t product = (*l - left_zero_point) * (*r - right_zero_point);
      product = saturate(scale(product, factor) + zero_point);
      *output++ = (int8_t)(narrow ? clamp(product, minimum, maximum) : product);
      l += left_step;
      r += right_step;
    }
  }
}

void tfsqueeze_minimum(const tfsqueeze_minimum_params *params, const int8_t *left,
                       const int8_t *right, int8_t *output) {
  const int32_t left_step = params->left_steps.column_step;
  const int32_t right_step = params->right_steps.column_step;
  for (int32_t row = 0; row < params->rows; row++) {
    const int8_t *l = left + row * params->left_steps.row_step;
    const int8_t *r = right + row * params->right_steps.row_step;
    for (int32_t column = 0; column < params->columns; column++) {
      *output++ = *l < *r ? *l : *r;
      l += left_step;
      r += right_step;
    }
  }
}

static int32_t leading_zeros(uint32_t x) {
#if defined(__GNUC__)
  return x ? __builtin_clz(x) : 32;
#else
  int32_t count = 32;
  for (; x; x >>= 1) count--;
  return count;
#endif
}

/* Returns 2**31 / (1 + a / 2**31) by Newton-Raphson division, for a from 0 to 2**31 - 1
 * (gemmlowp's one_over_one_plus_x_for_x_in_0_1). */
static int32_t reciprocal_of_one_plus(int32_t a) {
  const int32_t half_denominator = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
  /* 48/17 - 32/17 * half_denominator, with 2 integer bits. */
  int32_t x = 1515870810 + high_product(half_denominator, -1010580540);
  for (int i = 0; i < 3; i++) {
    const int32_t error = (1 << 29) - high_product(half_denominator, x);
    const int32_t product = high_product(x, error); /* 4 integer bits */
    int32_t rescaled;
    if (product > INT32_MAX >> 2) {
      rescaled = INT32_MAX;
    } else if (product < INT32_MIN >> 2) {
      rescaled = INT32_MIN;
    } else {
      rescaled = product * 4;
    }
    x += rescaled;
  }
  /* Half of it, without integer bits. */
  return x > INT32_MAX >> 1 ? INT32_MAX : x * 2;
}

void tfsqueeze_softmax(int32_t rows, int32_t columns, const int32_t *exponentials,
                       const int8_t *input, int8_t *output) {
  const int32_t *last = exponentials + 255;
  for (int32_t row = 0; row < rows; row++) {
    int32_t highest = input[0];
    for (int32_t i = 1; i < columns; i++) highest = input[i] > highest ? input[i] : highest;
    int32_t sum = 0; /* with 12 integer bits */
    for (int32_t i = 0; i < columns; i++) {
      sum += divide_by_power(last[input[i] - highest], 12);
    }
    const int32_t zeros = leading_zeros((uint32_t)sum);
    const int32_t fraction = (int32_t)(((uint32_t)sum << zeros) - (1u << 31));
    const int32_t reciprocal = reciprocal_of_one_plus(fraction);
    const int32_t exponent = 12 - zeros + 31 - 8;
    for (int32_t i = 0; i < columns; i++) {
      const int32_t share = high_product(reciprocal, last[input[i] - highest]);
      output[i] = (int8_t)saturate(divide_by_power(share, exponent) - 128);
    }
    input += columns;
    output += columns;
  }
}

void tfsqueeze_reduce_max(int32_t outer, int32_t count, int32_t inner, const int8_t *input,
                          int8_t *output) {
  for (int32_t i = 0; i < outer; i++) {
    memcpy(output, input, (size_t)inner);
    input += inner;
    for (int32_t j = 1; j < count; j++) {
      for (int32_t k = 0; k < inner; k++) {
        if (input[k] > output[k]) output[k] = input[k];
      }
      input += inner;
    }
    output += inner;
  }
}

/* Returns x * 2**exponent, or the largest or smallest number where that is beyond it. */
static int32_t multiply_by_power(int32_t x, int32_t exponent) {
  const int32_t largest = INT32_MAX >> exponent;
  if (x > largest) return INT32_MAX;
  if (x < -largest) return INT32_MIN;
  return (int32_t)((uint32_t)x << exponent);
}

/* Returns 1 / sqrt(x) by Newton's method, as GetInvSqrtQuantizedMultiplierExp of TensorFlow Lite's
 * kernels/internal/common.h does. */
static tfsqueeze_factor inverse_square_root(int32_t x) {
  tfsqueeze_factor factor = {INT32_MAX, 0};
  if (x <= 1) return factor;
  int32_t right_shift = 11;
  while (x >= 1 << 29) {
    x /= 4;
    right_shift++;
  }
  const int32_t pairs = (leading_zeros((uint32_t)x) - 1) / 2 - 1;
  right_shift -= pairs;
  x = (int32_t)((uint32_t)x << 2 * pairs);
  /* Numbers with 3 integer bits. */
  const int32_t half = divide_by_power(x >> 1, 1);
  const int32_t three_halves = (1 << 28) + (1 << 27);
  int32_t root = 1 << 28;
  for (int i = 0; i < 5; i++) {
    const int32_t cube = multiply_by_power(high_product(high_product(root, root), root), 6);
    root = multiply_by_power(high_product(three_halves, root) - high_product(half, cube), 3);
  }
  /* times sqrt(1 / 2) */
  root = high_product(root, 1518500250);
  if (right_shift < 0) {
    root = (int32_t)((uint32_t)root << -right_shift);
    right_shift = 0;
  }
  factor.multiplier = root;
  factor.shift = -right_shift;
  return factor;
}

void tfsqueeze_l2_normalize(int32_t rows, int32_t columns, int32_t zero_point,
                            const int8_t *input, int8_t *output) {
  for (int32_t row = 0; row < rows; row++) {
    int32_t square = 0;
    for (int32_t i = 0; i < columns; i++) {
      square += (input[i] - zero_point) * (input[i] - zero_point);
    }
    tfsqueeze_factor factor = inverse_square_root(square);
    factor.shift += 7; /* The output scale is 1/128. */
    for (int32_t i = 0; i < columns; i++) {
      output[i] = (int8_t)saturate(scale(input[i] - zero_point, factor));
    }
    input += columns;
    output += columns;
  }
}
