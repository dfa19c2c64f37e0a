// The symbols of Android's C library that libtensorflowlite_jni.so needs and glibc does not have.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

// Android's stdin, stdout and stderr: structs of 152 bytes.
char __sF[3][152];

static FILE *of_glibc(FILE *file) {
  char *address = (char *)file;
  return address >= __sF[0] && address < __sF[3] ? stderr : file;
}

int *__errno(void) { return __errno_location(); }

int vfprintf(FILE *file, const char *format, va_list arguments) {
  int (*next)(FILE *, const char *, va_list) = dlsym(RTLD_NEXT, "vfprintf");
  return next(of_glibc(file), format, arguments);
}

int fprintf(FILE *file, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int count = vfprintf(file, format, arguments);
  va_end(arguments);
  return count;
}

int fputc(int character, FILE *file) { return putc(character, of_glibc(file)); }

int __android_log_vprint(int priority, const char *tag, const char *format, va_list arguments) {
  (void)priority, (void)tag, (void)format, (void)arguments;  // TensorFlow Lite prints it on stderr too.
  return 0;
}

int __system_property_get(const char *name, char *value) {
  (void)name;
  value[0] = 0;
  return 0;
}

void android_set_abort_message(const char *message) { fputs(message, stderr); }

unsigned long __strlen_chk(const char *text, unsigned long size) {
  (void)size;
  return __builtin_strlen(text);
}
