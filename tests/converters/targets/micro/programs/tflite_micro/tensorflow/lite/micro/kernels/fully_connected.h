// The part of TensorFlow Lite Micro's kernel that an exported folder looks at.
#pragma once

namespace tflite {
struct OpDataFullyConnected {
#ifndef STAND_IN_IS_OLD
  bool is_per_channel;
#endif
};
}  // namespace tflite
