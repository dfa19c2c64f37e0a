// Runs an export's self-test between two marks that count instructions.
#include "golden.h"
#include "tfsqueeze.h"

namespace {
alignas(16) uint8_t arena[NETWORK_ARENA_BYTES];
tfsqueeze_result result;
}  // namespace

int main() {
  if (tfsqueeze_init(arena, sizeof arena)) return 125;
  __asm volatile("dbg #7" ::: "memory");
  const int differing = tfsqueeze_self_test(&result);
  __asm volatile("dbg #7" ::: "memory");
  return differing;
}
