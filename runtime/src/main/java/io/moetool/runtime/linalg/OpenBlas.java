package io.moetool.runtime.linalg;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.moetool.formats.EnvironmentException;
import io.moetool.runtime.natives.UnpackedLibraries;
import io.moetool.runtime.natives.UnpackedLibraries.Library;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The native library, loaded when it is first asked for, told to use no threads of its own. */
@SuppressWarnings("restricted") // calling native code is what this class is for
final class OpenBlas {
  /** {@code CblasRowMajor}, {@code CblasNoTrans}, {@code CblasTrans}. */
  static final int ROW_MAJOR = 101;

  static final int PLAIN = 111;
  static final int TRANSPOSED = 112;

  /** {@code LAPACK_COL_MAJOR}: a row-major matrix is the transposed one, so nothing is copied. */
  static final int COLUMN_MAJOR = 102;

  private static final String NAME = "OpenBLAS";
  private static final String RESOURCES = "/org/bytedeco/openblas/";

  /** Each after those it needs. */
  private static final List<String> LINUX =
      List.of("libquadmath.so.0", "libgcc_s.so.1", "libgfortran.so.5", "libopenblas.so.0");

  private static final List<String> MAC =
      List.of(
          "libgcc_s.1.1.dylib",
          "libquadmath.0.dylib",
          "libgfortran.5.dylib",
          "libopenblas.0.dylib");

  private static final List<String> WINDOWS = List.of("libopenblas.dll");

  private static @Nullable OpenBlas loaded;

  private final SymbolLookup symbols;
  private final MethodHandle multiply;
  private final MethodHandle singularValues;
  private final MethodHandle eigenvalues;
  private final MethodHandle cholesky;
  private final MethodHandle choleskySolve;

  private OpenBlas(SymbolLookup symbols) {
    this.symbols = symbols;
    MemoryLayout i = JAVA_INT;
    MemoryLayout p = ADDRESS;
    MemoryLayout f = JAVA_FLOAT;
    MemoryLayout c = JAVA_BYTE;
    multiply =
        handle("cblas_sgemm", FunctionDescriptor.ofVoid(i, i, i, i, i, i, f, p, i, p, i, f, p, i));
    singularValues =
        handle("LAPACKE_sgesdd", FunctionDescriptor.of(JAVA_INT, i, c, i, i, p, i, p, p, i, p, i));
    eigenvalues = handle("LAPACKE_dsyevd", FunctionDescriptor.of(JAVA_INT, i, c, c, i, p, i, p));
    cholesky = handle("LAPACKE_dpotrf", FunctionDescriptor.of(JAVA_INT, i, c, i, p, i));
    choleskySolve =
        handle("LAPACKE_dpotrs", FunctionDescriptor.of(JAVA_INT, i, c, i, i, p, i, p, i));
    try {
      handle("openblas_set_num_threads", FunctionDescriptor.ofVoid(i)).invokeExact(1);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /**
   * The library.
   *
   * @throws EnvironmentException if there is none for this platform, or it cannot be loaded
   */
  static synchronized OpenBlas library() {
    OpenBlas library = loaded;
    if (library == null) {
      library = load();
      loaded = library;
    }
    return library;
  }

  private static OpenBlas load() {
    String platform = platform(System.getProperty("os.name"), System.getProperty("os.arch"));
    List<Library> libraries = new ArrayList<>();
    for (String file : files(platform)) {
      URL resource = OpenBlas.class.getResource(RESOURCES + platform + "/" + file);
      if (resource != null) {
        libraries.add(new Library(file, resource));
      }
    }
    if (libraries.isEmpty()) {
      throw new EnvironmentException(
          NAME,
          "there is no build for " + platform,
          "run this on Linux (x86_64, arm64), macOS (arm64) or Windows (x86_64)");
    }
    try {
      Path folder = UnpackedLibraries.unpack("openblas", libraries);
      SymbolLookup symbols = SymbolLookup.loaderLookup();
      for (Library library : libraries) {
        symbols = SymbolLookup.libraryLookup(folder.resolve(library.fileName()), Arena.global());
      }
      return new OpenBlas(symbols);
    } catch (IOException e) {
      throw new EnvironmentException(
          NAME,
          "cannot be unpacked: " + e,
          "name a folder that can be written with the environment variable XDG_CACHE_HOME",
          e);
    } catch (IllegalArgumentException | NoSuchElementException e) {
      throw new EnvironmentException(
          NAME,
          "cannot be loaded: " + e.getMessage(),
          "remove the folder moetool in the cache folder; it is unpacked anew",
          e);
    }
  }

  /** What the library's jars call a platform. */
  static String platform(String os, String arch) {
    String name = os.toLowerCase(Locale.ROOT);
    String system = name.contains("win") ? "windows" : name.contains("mac") ? "macosx" : "linux";
    String processor =
        switch (arch) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64", "arm64" -> "arm64";
          default -> arch;
        };
    return system + "-" + processor;
  }

  private static List<String> files(String platform) {
    return platform.startsWith("windows") ? WINDOWS : platform.startsWith("mac") ? MAC : LINUX;
  }

  /** {@code cblas_sgemm}. */
  MethodHandle multiply() {
    return multiply;
  }

  /** {@code LAPACKE_sgesdd}. */
  MethodHandle singularValues() {
    return singularValues;
  }

  /** {@code LAPACKE_dsyevd}. */
  MethodHandle eigenvalues() {
    return eigenvalues;
  }

  /** {@code LAPACKE_dpotrf}. */
  MethodHandle cholesky() {
    return cholesky;
  }

  /** {@code LAPACKE_dpotrs}. */
  MethodHandle choleskySolve() {
    return choleskySolve;
  }

  private MethodHandle handle(String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), type);
  }

  /** What a call through a handle threw: nothing that it declares. */
  static RuntimeException rethrown(Throwable failure) {
    return switch (failure) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new IllegalStateException(failure);
    };
  }
}
