// An interpreter whose logits, at most 256, are those of the file logits.bin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

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
  MicroInterpreter(const Model*, const MicroMutableOpResolver<tOpCount>&, uint8_t*, size_t) {
    input_.data.i32 = ids_;
    output_.data.int8 = logits_;
  }
  TfLiteStatus AllocateTensors() { return kTfLiteOk; }
  TfLiteStatus Invoke() {
    std::FILE* file = std::fopen("logits.bin", "rb");
    if (!file) return kTfLiteError;
    const bool has_read = std::fread(logits_, 1, sizeof(logits_), file) > 0;
    std::fclose(file);
    return has_read ? kTfLiteOk : kTfLiteError;
  }
  TfLiteTensor* input(size_t) { return &input_; }
  TfLiteTensor* output(size_t) { return &output_; }

 private:
  int32_t ids_[512];
  int8_t logits_[256];
  TfLiteTensor input_, output_;
};
}  // namespace tflite
