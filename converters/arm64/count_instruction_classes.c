/* A plugin for QEMU's user-mode emulator of AArch64 that counts executed instructions by class.
 *
 * Each time the program calls getppid(MARK), the plugin appends a line with the counts so far to
 * a file: all instructions, SIMD and floating point, dot products, loads and stores. It writes the
 * line before the call itself runs. The counters are not atomic, so only one thread may run
 * between two marks.
 *
 * Debian ships no header for QEMU's plugins. This file declares the parts of their API that it
 * uses, version 1 as in QEMU 7.2. Instruction classes: Arm Architecture Reference Manual for
 * A-profile, C4.1.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(
    struct qemu_plugin_tb *block, enum qemu_plugin_op op, void *counter, uint64_t amount);
void qemu_plugin_register_vcpu_syscall_cb(
    qemu_plugin_id_t id,
    void (*callback)(qemu_plugin_id_t, unsigned int cpu, int64_t number, uint64_t, uint64_t,
                     uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t));

EXPORT int qemu_plugin_version = 1;

enum { GETPPID = 173, MARK = 0x7f5eeee };
enum { ALL, SIMD, DOT_PRODUCT, MEMORY, CLASSES };

static uint64_t counts[CLASSES];
static FILE *output;

static bool is_memory(uint32_t word) { return (word & 0x0a000000) == 0x08000000; }

static bool is_simd(uint32_t word) { return (word & 0x0e000000) == 0x0e000000; }

/* SDOT and UDOT, by vector and by element. */
static bool is_dot_product(uint32_t word)
{
    return (word & 0x9fe0fc00) == 0x0e809400 || (word & 0x9fc0f400) == 0x0f80e000;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    uint64_t found[CLASSES] = {0};
    (void)id;
    for (size_t index = 0; index < qemu_plugin_tb_n_insns(block); ++index) {
        uint32_t word;
        memcpy(&word, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(block, index)), sizeof word);
        found[ALL] += 1;
        found[SIMD] += is_simd(word);
        found[DOT_PRODUCT] += is_dot_product(word);
        found[MEMORY] += is_memory(word);
    }
    for (int class = 0; class < CLASSES; ++class)
        if (found[class])
            qemu_plugin_register_vcpu_tb_exec_inline(
                block, QEMU_PLUGIN_INLINE_ADD_U64, &counts[class], found[class]);
}

static void on_syscall(qemu_plugin_id_t id, unsigned int cpu, int64_t number, uint64_t a1,
                       uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6,
                       uint64_t a7, uint64_t a8)
{
    (void)id, (void)cpu, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
    if (number != GETPPID || a1 != MARK)
        return;
    for (int class = 0; class < CLASSES; ++class)
        fprintf(output, "%llu%c", (unsigned long long)counts[class],
                class == CLASSES - 1 ? '\n' : ' ');
    fflush(output);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    static const char option[] = "output=";
    (void)info;
    if (argc != 1 || strncmp(argv[0], option, strlen(option)) != 0) {
        fprintf(stderr, "count_instruction_classes: give output=FILE\n");
        return 1;
    }
    output = fopen(argv[0] + strlen(option), "w");
    if (!output) {
        perror(argv[0]);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_vcpu_syscall_cb(id, on_syscall);
    return 0;
}
