package io.moetool.runtime.ort;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.Optional;

/**
 * Lets a thread's processor take numbers below 2⁻¹²⁶ for zero while native code computes. Products
 * of such numbers take a hundred times as long as others, and attention makes many of them: what a
 * softmax leaves of far tokens. ONNX Runtime's own option reaches only threads that it makes, and
 * everything here is computed on Java's.
 *
 * <p>Java code has to find the processor as it was. Between {@link #begin} and {@link #end} there
 * should be nothing of it but the call of native code. The Java half of that call looks up names
 * and collects handles; all it computes in floating point is the capacity of maps, and the two bits
 * change no result that neither is nor comes from a number below 2⁻¹²⁶. Constructors that native
 * code calls find the processor as usual: the JVM sets it on entry and takes that back on return.
 * Compilers and garbage collectors are threads of their own.
 *
 * <p>On Linux for x86-64 only; elsewhere nothing changes, and numbers may differ by 2⁻¹²⁶.
 */
final class FlushToZero {
  /** Bits 15 (flush to zero) and 6 (denormals are zero) of the register MXCSR. */
  private static final int FLUSH = 1 << 15 | 1 << 6;

  /** Where {@code fenv_t} of glibc and musl holds that register, and its size. */
  private static final long MXCSR = 28;

  private static final long FENV_BYTES = 32;

  /** What the JVM keeps there: nothing traps, rounding to nearest, tiny numbers are numbers. */
  private static final int USUAL = 0x1F80;

  /** All bits of the register but those that say what has happened. */
  private static final int SETTINGS = 0xFFC0;

  private static final Optional<FlushToZero> AVAILABLE = find();

  private final MethodHandle set;
  private final MemorySegment usual;
  private final MemorySegment flushing;

  private FlushToZero(MethodHandle set, MemorySegment usual, MemorySegment flushing) {
    this.set = set;
    this.usual = usual;
    this.flushing = flushing;
  }

  /** From here on the calling thread's processor takes tiny numbers for zero. */
  static void begin() {
    AVAILABLE.ifPresent(unit -> call(unit.set, unit.flushing));
  }

  /** The calling thread's processor computes as Java wants it again. */
  static void end() {
    AVAILABLE.ifPresent(unit -> call(unit.set, unit.usual));
  }

  /** Whether there is a difference between the two. */
  static boolean isAvailable() {
    return AVAILABLE.isPresent();
  }

  private static void call(MethodHandle function, MemorySegment environment) {
    try {
      int _ = (int) function.invokeExact(environment);
    } catch (Throwable e) {
      throw new IllegalStateException("a function of the C library failed", e);
    }
  }

  private static Optional<FlushToZero> find() {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String processor = System.getProperty("os.arch", "");
    if (!system.contains("linux") || !(processor.equals("amd64") || processor.equals("x86_64"))) {
      return Optional.empty();
    }
    Linker linker = Linker.nativeLinker();
    return function(linker, "fegetenv")
        .flatMap(get -> function(linker, "fesetenv").flatMap(set -> of(get, set)));
  }

  // Their types are those of the C standard.
  @SuppressWarnings("restricted")
  private static Optional<MethodHandle> function(Linker linker, String name) {
    return linker
        .defaultLookup()
        .find(name)
        .map(address ->
            linker.downcallHandle(
                address,
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS),
                Linker.Option.critical(false)));
  }

  private static Optional<FlushToZero> of(MethodHandle get, MethodHandle set) {
    MemorySegment usual = Arena.global().allocate(FENV_BYTES, Long.BYTES);
    MemorySegment flushing = Arena.global().allocate(FENV_BYTES, Long.BYTES);
    call(get, usual);
    if (!holdsUsual(usual)) {
      // Another layout, or somebody's own settings.
      return Optional.empty();
    }
    flushing.copyFrom(usual);
    flushing.set(ValueLayout.JAVA_INT, MXCSR, usual.get(ValueLayout.JAVA_INT, MXCSR) | FLUSH);
    return Optional.of(new FlushToZero(set, usual, flushing));
  }

  /** Whether a {@code fenv_t} holds the JVM's settings where the register is expected. */
  static boolean holdsUsual(MemorySegment environment) {
    return (environment.get(ValueLayout.JAVA_INT, MXCSR) & SETTINGS) == USUAL;
  }
}
