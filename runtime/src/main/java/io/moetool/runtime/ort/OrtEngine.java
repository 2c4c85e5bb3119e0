package io.moetool.runtime.ort;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * ONNX Runtime on one device. Sessions made here compute on it or fail; nothing falls back
 * silently.
 */
public final class OrtEngine {
  private final OrtEnvironment environment;
  private final Device device;
  private final Optional<String> refusal;
  private final boolean frugal;

  private OrtEngine(OrtEnvironment environment, Device device, Optional<String> refusal) {
    this(environment, device, refusal, false);
  }

  private OrtEngine(
      OrtEnvironment environment, Device device, Optional<String> refusal, boolean frugal) {
    this.frugal = frugal;
    this.environment = environment;
    this.device = device;
    this.refusal = refusal;
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
    if (wanted == Device.CPU) {
      return new OrtEngine(environment, Device.CPU, Optional.empty());
    }
    boolean compiledIn = OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA);
    Optional<String> failure = cudaFailure(environment);
    if (failure.isEmpty()) {
      return new OrtEngine(environment, Device.CUDA, Optional.empty());
    }
    if (wanted == Device.AUTO) {
      return new OrtEngine(environment, Device.CPU, compiledIn ? failure : Optional.empty());
    }
    throw new EnvironmentException(
        "device cuda",
        "ONNX Runtime cannot use it: " + failure.get(),
        compiledIn
            ? "install what it names (CUDA 12, cuDNN 9, a driver), or use --device cpu"
            : "build moetool with the GPU build of ONNX Runtime (mvn -Pcuda package), or use --device cpu");
  }

  /**
   * The same, with sessions that give memory back after every step instead of keeping it for the
   * next: slower, and the same bits.
   */
  public OrtEngine frugal() {
    return new OrtEngine(environment, device, refusal, true);
  }

  /** The device that sessions run on; never {@link Device#AUTO}. */
  public Device device() {
    return device;
  }

  /**
   * Why CUDA, which this build of ONNX Runtime is made for and which might have been chosen, cannot
   * be used; empty where it is used, was not wanted, or is not in this build.
   */
  public Optional<String> refusal() {
    return refusal;
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
    try (SessionOptions options = options(device)) {
      options.setCPUArenaAllocator(!frugal);
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
    try (SessionOptions options = options(device)) {
      return new OrtGraph(environment, environment.createSession(model.toString(), options));
    } catch (OrtException e) {
      throw new BadInputException(
          model.toString(),
          "ONNX Runtime %s cannot load it: %s".formatted(version(), e.getMessage()),
          "check that the model and its external data are complete and of a supported version",
          e);
    }
  }

  private static SessionOptions options(Device device) throws OrtException {
    SessionOptions options = new SessionOptions();
    // By default what multiplies weights stored as integers is rounded to 8 bits, too.
    options.addConfigEntry("session.qdq_matmulnbits_accuracy_level", "1");
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

  /** Why no session can be made on CUDA; that a provider is compiled in says nothing. */
  private static Optional<String> cudaFailure(OrtEnvironment environment) {
    OnnxGraph smallest = new OnnxGraph("probe");
    String x = smallest.input("x", OnnxType.FLOAT, 1);
    smallest.output(smallest.node("Identity", x).output(), "y", OnnxType.FLOAT, 1);
    byte[] model = smallest.toModel("moetool", "", Map.of());
    try (SessionOptions options = options(Device.CUDA)) {
      environment.createSession(model, options).close();
      return Optional.empty();
    } catch (OrtException e) {
      return Optional.of(reason(String.valueOf(e.getMessage())));
    }
  }

  /** The end of a message that begins with codes and places in ONNX Runtime's own sources. */
  static String reason(String message) {
    int from = 0;
    for (String before : List.of("message: ", " : FAIL : ")) {
      int found = message.lastIndexOf(before);
      from = found < 0 ? from : Math.max(from, found + before.length());
    }
    return message.substring(from).strip();
  }

  private static void addCuda(SessionOptions options) throws OrtException {
    try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(0)) {
      // Reduced precision products would make results differ from the CPU's.
      cuda.add("use_tf32", "0");
      options.addCUDA(cuda);
    }
  }
}
