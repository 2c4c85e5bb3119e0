package io.moetool.runtime.ort;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Unpacks ONNX Runtime's native libraries once per user. Left to itself the library unpacks 28 MB
 * (its GPU build: 612 MB) into a new temporary folder at every start, and leaves the folder behind.
 */
final class NativeLibraries {
  private static final String LOCATION = "onnxruntime.native.path";
  private static final String RESOURCES = "/ai/onnxruntime/native/";
  private static final List<String> NAMES = List.of("onnxruntime", "onnxruntime4j_jni");

  /** What the GPU build has besides; loaded only when a session asks for CUDA. */
  private static final List<String> PROVIDERS =
      List.of("onnxruntime_providers_shared", "onnxruntime_providers_cuda");

  private NativeLibraries() {}

  /**
   * Makes ONNX Runtime load its libraries from the user's cache folder. Where that folder cannot be
   * written, or the platform is another, it unpacks them itself as it always did.
   */
  static void unpackOnce() {
    if (System.getProperty(LOCATION) != null) {
      return;
    }
    try {
      StringBuilder name = new StringBuilder("onnxruntime");
      List<String> libraries = new ArrayList<>();
      for (String library : Stream.concat(NAMES.stream(), PROVIDERS.stream()).toList()) {
        URL resource = OrtEnvironment.class.getResource(resource(library));
        if (resource != null) {
          libraries.add(library);
          // Another build has other sizes, and so another folder.
          name.append('-').append(resource.openConnection().getContentLengthLong());
        }
      }
      if (!libraries.containsAll(NAMES)) {
        return;
      }
      Path folder = cache().resolve(name.toString());
      Files.createDirectories(folder);
      for (String library : libraries) {
        unpack(library, folder);
      }
      System.setProperty(LOCATION, folder.toString());
    } catch (IOException e) {
      // Not unpacking once costs time at every start, and nothing else.
      System.getLogger(NativeLibraries.class.getName())
          .log(System.Logger.Level.DEBUG, "no cache for native libraries", e);
    }
  }

  private static void unpack(String library, Path folder) throws IOException {
    Path target = folder.resolve(System.mapLibraryName(library));
    if (Files.exists(target)) {
      return;
    }
    Path partial = Files.createTempFile(folder, library, ".partial");
    try (InputStream bytes = OrtEnvironment.class.getResourceAsStream(resource(library))) {
      if (bytes == null) {
        throw new IOException("no resource " + resource(library));
      }
      Files.copy(bytes, partial, StandardCopyOption.REPLACE_EXISTING);
      // Other processes see the whole file or none, also when several unpack at once.
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private static Path cache() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path base =
        xdg == null || xdg.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(xdg);
    return base.resolve("moetool");
  }

  private static String resource(String library) {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch");
    String system = os.contains("win") ? "win" : os.contains("mac") ? "osx" : "linux";
    String processor =
        switch (arch) {
          case "amd64", "x86_64" -> "x64";
          default -> arch;
        };
    return RESOURCES + system + "-" + processor + "/" + System.mapLibraryName(library);
  }
}
