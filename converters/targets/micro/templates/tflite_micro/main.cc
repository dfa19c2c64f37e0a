// Runs the model on a text. A board calls setup() once and loop() again and again.
#include "tensorflow/lite/micro/micro_log.h"
#include "tensorflow/lite/micro/system_setup.h"

#define PRINT MicroPrintf
#include "print_result.h"

namespace {
$example
alignas(16) uint8_t arena[NETWORK_ARENA_BYTES];
tfsqueeze_result result;
bool is_ready = false;
}  // namespace

void setup() {
  tflite::InitializeTarget();
  // network.cc prints what fails.
  if (tfsqueeze_init(arena, sizeof(arena))) return;
  MicroPrintf("arena: %d bytes, %d of them used", NETWORK_ARENA_BYTES,
              static_cast<int>(network_arena_used_bytes()));
  const int differing = tfsqueeze_self_test(&result);
  if (differing < 0) return;
  if (differing) MicroPrintf("self-test: %d of the golden texts differ", differing);
  is_ready = true;
}

void loop() {
  if (!is_ready || $function($arguments, &result)) return;
  print_result(&result, text);
}

#ifndef ARDUINO
int main() {
  setup();
  loop();
  return is_ready ? 0 : 1;
}
#endif
