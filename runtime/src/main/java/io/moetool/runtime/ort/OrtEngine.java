package io.moetool.runtime.ort;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import java.nio.file.Path;

/**
 * ONNX Runtime on one device. Sessions made here compute on it or fail; nothing falls back
 * silently.
 */
public final class OrtEngine {
  private final OrtEnvironment environment;
  private final Device device;

  private OrtEngine(OrtEnvironment environment, Device device) {
    this.environment = environment;
    this.device = device;
  }

  /**
   * ONNX Runtime on the device asked for. {@link Device#AUTO} takes CUDA only if a session can
   * really be made for it.
   *
   * @throws EnvironmentException if the library cannot be loaded, or the device asked for cannot be
   *     used
   */
  public static OrtEngine open(Device wanted) {
    OrtEnvironment environment = load();
    boolean compiledIn = OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA);
    return switch (wanted) {
      case CPU -> new OrtEngine(environment, Device.CPU);
      case AUTO ->
          new OrtEngine(
              environment, compiledIn && cudaFailure().isEmpty() ? Device.CUDA : Device.CPU);
      case CUDA -> {
        String failure = cudaFailure();
        if (!failure.isEmpty()) {
          throw new EnvironmentException(
              "device cuda",
              "ONNX Runtime cannot use it: " + failure,
              compiledIn
                  ? "install the CUDA library it names, or use --device cpu"
                  : "put the GPU build of ONNX Runtime (onnxruntime_gpu) in place of the CPU build, or use --device cpu");
        }
        yield new OrtEngine(environment, Device.CUDA);
      }
    };
  }

  /** The device that sessions run on; never {@link Device#AUTO}. */
  public Device device() {
    return device;
  }

  /** Version of the library. */
  public String version() {
    return environment.getVersion();
  }

  /**
   * A session for a graph of our own that computes on one thread; several threads may run it at
   * once.
   */
  public OrtGraph graph(byte[] model) {
    try (SessionOptions options = options()) {
      return new OrtGraph(environment, environment.createSession(model, options));
    } catch (OrtException e) {
      throw new IllegalStateException(
          "ONNX Runtime refused a graph of moetool: " + e.getMessage(), e);
    }
  }

  /**
   * A session for a model file; its external data is found beside it.
   *
   * @throws BadInputException if ONNX Runtime cannot load it
   */
  public OrtGraph graph(Path model) {
    try (SessionOptions options = options()) {
      return new OrtGraph(environment, environment.createSession(model.toString(), options));
    } catch (OrtException e) {
      throw new BadInputException(
          model.toString(),
          "ONNX Runtime %s cannot load it: %s".formatted(version(), e.getMessage()),
          "check that the model and its external data are complete and of a supported version",
          e);
    }
  }

  private SessionOptions options() throws OrtException {
    SessionOptions options = new SessionOptions();
    // Work is split over sequences and experts, which scales better than splitting small products,
    // and
    // makes results independent of the number of threads.
    options.setIntraOpNumThreads(1);
    options.setInterOpNumThreads(1);
    // Shapes change with every run, so memory patterns would only be planned and thrown away.
    options.setMemoryPatternOptimization(false);
    if (device == Device.CUDA) {
      addCuda(options);
    }
    return options;
  }

  private static OrtEnvironment load() {
    NativeLibraries.unpackOnce();
    try {
      OrtEnvironment environment =
          OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "moetool");
      // What is measured here concerns nobody but the user.
      environment.setTelemetry(false);
      return environment;
    } catch (OrtException | LinkageError e) {
      throw new EnvironmentException(
          "ONNX Runtime",
          "its native library cannot be loaded: " + e.getMessage(),
          "moetool needs Linux x64 or aarch64, macOS arm64 or Windows x64, and a writable temporary folder",
          e);
    }
  }

  private static String cudaFailure() {
    try (SessionOptions options = new SessionOptions()) {
      addCuda(options);
      return "";
    } catch (OrtException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static void addCuda(SessionOptions options) throws OrtException {
    try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(0)) {
      // Reduced precision products would make results differ from the CPU's.
      cuda.add("use_tf32", "0");
      options.addCUDA(cuda);
    }
  }
}
