// Runs an export's self-test between two marks that count instructions, and writes the bytes of the
// arena that it used and the number of texts that differ.
#include <cstdio>

#include "golden.h"
#include "network.h"
#include "tfsqueeze.h"

namespace {
// Vendors' kernels need more than the reference kernels, for which the export measured the arena.
alignas(16) uint8_t arena[2 * NETWORK_ARENA_BYTES];
tfsqueeze_result result;
}  // namespace

int main() {
  if (tfsqueeze_init(arena, sizeof arena)) return 1;
  __asm volatile("dbg #7" ::: "memory");
  const int differing = tfsqueeze_self_test(&result);
  __asm volatile("dbg #7" ::: "memory");
  FILE *file = std::fopen("self_test.txt", "w");
  if (!file) return 2;
  std::fprintf(file, "%u %d\n", static_cast<unsigned>(network_arena_used_bytes()), differing);
  return std::fclose(file) ? 3 : 0;
}
