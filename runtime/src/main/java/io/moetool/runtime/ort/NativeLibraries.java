package io.moetool.runtime.ort;

import ai.onnxruntime.OrtEnvironment;
import io.moetool.runtime.natives.UnpackedLibraries;
import io.moetool.runtime.natives.UnpackedLibraries.Library;
import java.io.IOException;
import java.net.URL;
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
      List<Library> libraries = new ArrayList<>();
      for (String library : Stream.concat(NAMES.stream(), PROVIDERS.stream()).toList()) {
        URL resource = OrtEnvironment.class.getResource(resource(library));
        if (resource != null) {
          libraries.add(new Library(System.mapLibraryName(library), resource));
        } else if (NAMES.contains(library)) {
          return;
        }
      }
      System.setProperty(LOCATION, UnpackedLibraries.unpack("onnxruntime", libraries).toString());
    } catch (IOException e) {
      // Not unpacking once costs time at every start, and nothing else.
      System.getLogger(NativeLibraries.class.getName())
          .log(System.Logger.Level.DEBUG, "no cache for native libraries", e);
    }
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
