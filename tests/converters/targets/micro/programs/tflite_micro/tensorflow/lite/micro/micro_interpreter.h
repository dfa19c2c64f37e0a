// An interpreter whose outputs are those of the file outputs.bin: the number of inputs and that of
// outputs, uint32, then for each output its size, uint32, and its numbers, int8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "network.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

enum TfLiteType { kTfLiteInt32 = 2, kTfLiteInt8 = 9 };

struct TfLiteTensor {
  TfLiteType type;
  size_t bytes;
  union {
    int32_t* i32;
    int8_t* int8;
  } data;
};

namespace tflite {
class MicroInterpreter {
 public:
  template <unsigned int tOpCount>
  MicroInterpreter(const Model*, const MicroMutableOpResolver<tOpCount>&, uint8_t*, size_t bytes)
      : bytes_(bytes) {}
  TfLiteStatus AllocateTensors() {
    std::FILE* file = std::fopen("outputs.bin", "rb");
    if (!file) return kTfLiteError;
    inputs_size_ = Number(file);
    outputs_size_ = Number(file);
    if (inputs_size_ > kMost || outputs_size_ > kMost) return kTfLiteError;
    for (size_t i = 0; i < inputs_size_; i++) {
      inputs_[i].type = kTfLiteInt32;
      inputs_[i].bytes = sizeof(int32_t) * NETWORK_MAX_LENGTH;
      inputs_[i].data.i32 = ids_[i];
    }
    for (size_t i = 0; i < outputs_size_; i++) {
      outputs_[i].type = kTfLiteInt8;
      outputs_[i].bytes = Number(file);
      if (outputs_[i].bytes > sizeof(numbers_[i])) return kTfLiteError;
      outputs_[i].data.int8 = numbers_[i];
      if (std::fread(numbers_[i], 1, outputs_[i].bytes, file) != outputs_[i].bytes) {
        return kTfLiteError;
      }
    }
    std::fclose(file);
    return kTfLiteOk;
  }
  TfLiteStatus Invoke() { return kTfLiteOk; }
  size_t inputs_size() const { return inputs_size_; }
  size_t outputs_size() const { return outputs_size_; }
  size_t arena_used_bytes() const { return bytes_; }
  TfLiteTensor* input(size_t i) { return &inputs_[i]; }
  TfLiteTensor* output(size_t i) { return &outputs_[i]; }

 private:
  static constexpr size_t kMost = 3;
  static size_t Number(std::FILE* file) {
    uint32_t number = 0;
    return std::fread(&number, sizeof(number), 1, file) == 1 ? number : 0;
  }

  size_t bytes_, inputs_size_ = 0, outputs_size_ = 0;
  int32_t ids_[kMost][512];
  int8_t numbers_[kMost][8192];
  TfLiteTensor inputs_[kMost], outputs_[kMost];
};
}  // namespace tflite
