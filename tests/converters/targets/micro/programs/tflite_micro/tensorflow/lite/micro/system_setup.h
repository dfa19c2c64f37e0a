#pragma once

namespace tflite {
inline void InitializeTarget() {}
}
