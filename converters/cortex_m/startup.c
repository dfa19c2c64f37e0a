/* Start of a program on a Cortex-M under an emulator: newlib's start-up does the rest. */
#include <stdint.h>

extern void _start(void);
extern uint32_t __stack;

static void reset(void) { _start(); }

/* A fault ends the program, by semihosting's SYS_EXIT with a reason other than a normal end. */
static void fault(void) {
  register uint32_t operation __asm__("r0") = 0x18;
  register uint32_t reason __asm__("r1") = 0x20023; /* ADP_Stopped_RunTimeErrorUnknown */
  __asm__ volatile("bkpt 0xAB" : : "r"(operation), "r"(reason));
  for (;;) {
  }
}

static const struct {
  uint32_t *stack;
  void (*handlers[15])(void);
} vectors __attribute__((section(".vectors"), used)) = {
    &__stack, {reset, fault, fault, fault, fault, fault}};
