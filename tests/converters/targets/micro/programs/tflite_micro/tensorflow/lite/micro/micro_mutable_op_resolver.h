// A stand-in for the parts of TensorFlow Lite Micro that an exported folder uses, so that its example
// can be compiled and run where the library's sources are not at hand.
#pragma once

enum TfLiteStatus { kTfLiteOk = 0, kTfLiteError = 1 };

namespace tflite {
template <unsigned int tOpCount>
class MicroMutableOpResolver {
 public:
#define DECLARE(op) TfLiteStatus Add##op() { return kTfLiteOk; }
  DECLARE(Add) DECLARE(BatchMatMul) DECLARE(Concatenation) DECLARE(Conv2D)
  DECLARE(DepthwiseConv2D) DECLARE(FullyConnected) DECLARE(Gather)
  DECLARE(L2Normalization) DECLARE(Logistic)
  DECLARE(Mean) DECLARE(Minimum) DECLARE(Mul) DECLARE(Pad) DECLARE(Quantize) DECLARE(ReduceMax)
  DECLARE(Reshape) DECLARE(Rsqrt) DECLARE(Slice) DECLARE(Softmax) DECLARE(Split) DECLARE(SplitV)
  DECLARE(Squeeze) DECLARE(StridedSlice) DECLARE(Sub) DECLARE(Sum) DECLARE(Tanh)
  DECLARE(Transpose)
#undef DECLARE
};
}  // namespace tflite
