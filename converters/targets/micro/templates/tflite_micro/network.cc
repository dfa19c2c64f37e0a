// Runs the network with TensorFlow Lite Micro.
#include "network.h"

#if !defined(TF_LITE_STATIC_MEMORY) && !defined(ARDUINO)
// TensorFlow Lite Micro's library is built with it. Without it TfLiteTensor has another layout
// here than there, and the program links but computes nonsense. The headers of the Arduino library
// look at ARDUINO instead.
#error "compile with -DTF_LITE_STATIC_MEMORY, as TensorFlow Lite Micro's library is compiled"
#endif

#include <new>
#include <type_traits>

#include "model_data.h"
#include "op_resolver.h"
#include "tensorflow/lite/micro/kernels/fully_connected.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_log.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace {
// The weights have a scale for each channel, which kernels from before October 2024 do not read.
template <typename Data, typename = void>
struct ReadsEachScale : std::false_type {};
template <typename Data>
struct ReadsEachScale<Data, decltype(static_cast<void>(&Data::is_per_channel))> : std::true_type {};
static_assert(ReadsEachScale<tflite::OpDataFullyConnected>::value,
              "this model needs TensorFlow Lite Micro of October 2024 or later");

ModelOpResolver resolver;
bool has_operators = false;
alignas(tflite::MicroInterpreter) uint8_t memory[sizeof(tflite::MicroInterpreter)];
// In `memory`, after network_init has succeeded.
tflite::MicroInterpreter* interpreter = nullptr;

bool HasForm(const char* kind, int index, const TfLiteTensor* tensor, TfLiteType type,
             size_t bytes) {
  if (tensor && tensor->type == type && tensor->bytes == bytes) return true;
  MicroPrintf("%s %d of the model has another type or size than network.h says", kind, index);
  return false;
}

bool HasForms() {
  return $checks;
}
}  // namespace

int network_init(void* arena, size_t bytes) {
  if (interpreter) interpreter->~MicroInterpreter();
  interpreter = nullptr;
  if (!arena || reinterpret_cast<uintptr_t>(arena) % 16) {
    MicroPrintf("the arena is not aligned to 16 bytes");
    return -1;
  }
  // NETWORK_ARENA_BYTES was measured with 64-bit pointers, so 32-bit ones may need half of it.
  if (bytes < NETWORK_ARENA_BYTES / 2) {
    MicroPrintf("the arena has %d bytes, the model needs up to %d", static_cast<int>(bytes),
                NETWORK_ARENA_BYTES);
    return -1;
  }
  const tflite::Model* model = tflite::GetModel(model_data);
  if (model->version() != TFLITE_SCHEMA_VERSION) {
    MicroPrintf("the model has schema version %d, the library %d",
                static_cast<int>(model->version()), TFLITE_SCHEMA_VERSION);
    return -1;
  }
  if (!has_operators && AddModelOps(resolver) != kTfLiteOk) {
    MicroPrintf("the library lacks an operator of the model");
    return -1;
  }
  has_operators = true;
  auto* created = new (memory)
      tflite::MicroInterpreter(model, resolver, static_cast<uint8_t*>(arena), bytes);
  if (created->AllocateTensors() != kTfLiteOk) {
    MicroPrintf("the tensors do not fit into the arena, or a kernel refuses the model");
    created->~MicroInterpreter();
    return -1;
  }
  interpreter = created;
  if (HasForms()) return 0;
  interpreter->~MicroInterpreter();
  interpreter = nullptr;
  return -1;
}

size_t network_arena_used_bytes(void) { return interpreter ? interpreter->arena_used_bytes() : 0; }

int network_run(void) {
  if (!interpreter) return -1;
  if (interpreter->Invoke() == kTfLiteOk) return 0;
  MicroPrintf("a kernel failed");
  return -1;
}

$accessors
