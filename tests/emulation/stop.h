/** @file stop.h
 *  What the emulator does about a mistake of the program that a GPU would hide or crash by.
 */
#ifndef INVSET_EMULATION_STOP_H
#define INVSET_EMULATION_STOP_H

namespace emulation
{

/** Say what is wrong, as printf() would, and end the program with abort(): a debugger stands there.
 */
[[noreturn]] void stop(const char *format, ...) __attribute__((format(printf, 1, 2)));

} // namespace emulation

#endif
