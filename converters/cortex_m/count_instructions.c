/* A plugin for QEMU's emulator of Arm boards that counts the instructions of a Cortex-M program.
 *
 * Each time the program executes `dbg #7`, an instruction without effect, the plugin appends a
 * line with the number of instructions so far to a file. Blocks of instructions are counted as a
 * whole when they begin, so a count may be a few instructions too high.
 *
 * Debian ships no header for QEMU's plugins. This file declares the parts of their API that it
 * uses, version 1 as in QEMU 7.2. Encoding: Armv7-M Architecture Reference Manual, A7.7.31.
 */
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
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(
    struct qemu_plugin_tb *block, enum qemu_plugin_op op, void *counter, uint64_t amount);
void qemu_plugin_register_vcpu_insn_exec_cb(
    struct qemu_plugin_insn *instruction, void (*callback)(unsigned int cpu, void *data),
    enum qemu_plugin_cb_flags flags, void *data);

EXPORT int qemu_plugin_version = 1;

static const uint8_t mark[] = {0xaf, 0xf3, 0xf7, 0x80}; /* dbg #7 */
static uint64_t count;
static FILE *output;

static void on_mark(unsigned int cpu, void *data)
{
    (void)cpu, (void)data;
    fprintf(output, "%llu\n", (unsigned long long)count);
    fflush(output);
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    const size_t instructions = qemu_plugin_tb_n_insns(block);
    (void)id;
    for (size_t index = 0; index < instructions; ++index) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, index);
        if (qemu_plugin_insn_size(instruction) == sizeof mark &&
            memcmp(qemu_plugin_insn_data(instruction), mark, sizeof mark) == 0)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_mark, QEMU_PLUGIN_CB_NO_REGS,
                                                   NULL);
    }
    qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &count,
                                             instructions);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    static const char option[] = "output=";
    (void)info;
    if (argc != 1 || strncmp(argv[0], option, strlen(option)) != 0) {
        fprintf(stderr, "count_instructions: give output=FILE\n");
        return 1;
    }
    output = fopen(argv[0] + strlen(option), "w");
    if (!output) {
        perror(argv[0]);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
