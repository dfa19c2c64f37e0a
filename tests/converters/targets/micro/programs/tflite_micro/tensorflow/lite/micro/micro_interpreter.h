#pragma once

#include <cstddef>
#include <cstdint>

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

struct TfLiteTensor {
  union {
    int32_t* i32;
    int8_t* int8;
  } data;
};

namespace tflite {
class MicroInterpreter {
 public:
  template <unsigned int tOpCount>
  MicroInterpreter(const Model* model, const MicroMutableOpResolver<tOpCount>& op_resolver,
                   uint8_t* tensor_arena, size_t tensor_arena_size);
  TfLiteStatus AllocateTensors();
  TfLiteStatus Invoke();
  TfLiteTensor* input(size_t index);
  TfLiteTensor* output(size_t index);
};
}  // namespace tflite
