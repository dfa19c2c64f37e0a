// Runs the model on a text with TensorFlow Lite Micro.
#include <cstdint>

#include "model_data.h"
#include "op_resolver.h"
#include "print_prediction.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_log.h"
#include "tensorflow/lite/micro/system_setup.h"
#include "tensorflow/lite/schema/schema_generated.h"
#include "tokenizer.h"

namespace {
const char kText[] = $text;
// The memory of the interpreter's tensors.
alignas(16) uint8_t arena[MODEL_ARENA_BYTES];
}  // namespace

int main() {
  tflite::InitializeTarget();
  const tflite::Model* model = tflite::GetModel(model_data);
  if (model->version() != TFLITE_SCHEMA_VERSION) {
    MicroPrintf("the model has schema version %d, the library %d",
                static_cast<int>(model->version()), TFLITE_SCHEMA_VERSION);
    return 1;
  }
  ModelOpResolver resolver;
  if (AddModelOps(resolver) != kTfLiteOk) return 1;
  tflite::MicroInterpreter interpreter(model, resolver, arena, MODEL_ARENA_BYTES);
  if (interpreter.AllocateTensors() != kTfLiteOk) return 1;

  tokenizer_encode(kText, sizeof(kText) - 1, interpreter.input(0)->data.i32, MODEL_MAX_LENGTH);
  if (interpreter.Invoke() != kTfLiteOk) return 1;

  PrintPrediction(interpreter.output(0)->data.int8);
  return 0;
}
