#include "tfsqueeze_result.h"

#include <string.h>

#include "network.h"

void tfsqueeze_decode(tfsqueeze_result *result) {
  memcpy(result->vector, network_embeddings(), sizeof result->vector);
}
