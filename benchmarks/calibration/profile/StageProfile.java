import java.io.IOException;
import java.io.PrintStream;
import java.lang.instrument.Instrumentation;
import java.lang.management.ManagementFactory;
import java.lang.management.RuntimeMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A Java agent that says where the processor time of {@code moetool analyze} goes. It looks at every
 * Java thread's stack a few hundred times a second and books the processor time the thread used since
 * the last look on the stage its stack shows; a neighbour on the same machine does not change that.
 * Threads of the virtual machine itself (compilers, garbage collector) are read from {@code /proc} at
 * the end.
 */
public final class StageProfile {
  private static final long PERIOD_MILLIS = 3;

  /** A stage, and what must be on the stack for it: "Class.method" or "Class", all of them. */
  private record Stage(String name, List<String> frames) {}

  /** The first that fits counts. */
  private static final List<Stage> STAGES =
      List.of(
          new Stage("attention and router logits (ONNX Runtime)", List.of("LayerRun.attend", "OrtGraph.run")),
          new Stage("router: choice of experts", List.of("LayerRun.attend", "route")),
          new Stage("attention: binding of inputs", List.of("LayerRun.attend")),
          new Stage("expert products (ONNX Runtime)", List.of("ExpertProducts.compute", "OrtGraph.run")),
          new Stage("experts: gather, scatter, binding", List.of("ExpertProducts.compute")),
          new Stage("sum of experts", List.of("LayerRun.combine")),
          new Stage("statistics: products of router logits", List.of("Gram.add")),
          new Stage("statistics: turn of the hidden state", List.of("SequenceSums.addToken", "TokenTurn.of")),
          new Stage("statistics: weighted sum for the turn", List.of("SequenceSums.routed")),
          new Stage("statistics: sums of outputs", List.of("SequenceSums.addToken", "ColumnSums.add")),
          new Stage("statistics: norms and largest components", List.of("SequenceSums.addToken", "RowNorms")),
          new Stage("statistics: the rest by token", List.of("SequenceSums")),
          new Stage("statistics: adding sequences up", List.of("LayerAccumulator")),
          new Stage("embedding", List.of("HiddenStates")),
          new Stage("ONNX Runtime: loading, sessions", List.of("OrtEngine")),
          new Stage("ONNX Runtime: loading, sessions", List.of("PieceGraphs")),
          new Stage("weights: statistics", List.of("WeightReader")),
          new Stage("data: tokenizer", List.of("Tokenizer")),
          new Stage("data: reading", List.of("DataReader")),
          new Stage("opening the model, hashing it", List.of("SourceModel")),
          new Stage("opening the model, hashing it", List.of("Sha256")),
          new Stage("opening the model, hashing it", List.of("Soundness")),
          new Stage("writing of results", List.of("AnalysisFolder")),
          new Stage("writing of results", List.of("Console.result")),
          new Stage("analysis", List.of("Analyzer")),
          new Stage("the rest of the pass", List.of("LayerRun")),
          new Stage("start and the rest", List.of()));

  private final Map<String, Long> nanos = new LinkedHashMap<>();
  private final Map<Long, Long> before = new HashMap<>();
  private final com.sun.management.ThreadMXBean threads =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
  private volatile boolean running = true;

  private StageProfile() {
    STAGES.forEach(stage -> nanos.put(stage.name(), 0L));
  }

  /** Called by the virtual machine; the argument is the file to write. */
  public static void premain(String output, Instrumentation ignored) {
    StageProfile profile = new StageProfile();
    Thread sampler = new Thread(profile::sample, "stage-profile");
    sampler.setDaemon(true);
    sampler.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> profile.write(Path.of(output)), "stage-profile-end"));
  }

  private void sample() {
    while (running) {
      look();
      try {
        Thread.sleep(PERIOD_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private synchronized void look() {
    Map<Thread, StackTraceElement[]> stacks = Thread.getAllStackTraces();
    stacks.forEach(
        (thread, stack) -> {
          if (thread.getName().startsWith("stage-profile")) {
            return;
          }
          long used = threads.getThreadCpuTime(thread.threadId());
          Long last = before.put(thread.threadId(), used);
          if (used > 0 && (last == null || used > last)) {
            nanos.merge(stage(stack), used - (last == null ? 0 : last), Long::sum);
          }
        });
  }

  private static String stage(StackTraceElement[] stack) {
    for (Stage stage : STAGES) {
      if (stage.frames().stream().allMatch(frame -> shows(stack, frame))) {
        return stage.name();
      }
    }
    throw new IllegalStateException("the last stage fits always");
  }

  private static boolean shows(StackTraceElement[] stack, String frame) {
    int dot = frame.indexOf('.');
    boolean methodOnly = dot < 0 && Character.isLowerCase(frame.charAt(0));
    for (StackTraceElement element : stack) {
      String type = element.getClassName().substring(element.getClassName().lastIndexOf('.') + 1);
      type = type.contains("$") ? type.substring(0, type.indexOf('$')) : type;
      boolean fits =
          methodOnly
              ? plain(element.getMethodName()).equals(frame)
              : dot < 0
                  ? type.equals(frame)
                  : type.equals(frame.substring(0, dot))
                      && plain(element.getMethodName()).equals(frame.substring(dot + 1));
      if (fits) {
        return true;
      }
    }
    return false;
  }

  /** The method a lambda stands in. */
  private static String plain(String method) {
    return method.startsWith("lambda$") ? method.split("\\$")[1] : method;
  }

  private void write(Path output) {
    running = false;
    look();
    Map<String, Double> seconds = new LinkedHashMap<>();
    nanos.forEach((stage, value) -> seconds.put(stage, value / 1e9));
    virtualMachine().forEach((name, value) -> seconds.put("virtual machine: " + name, value));
    RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
    double wall = (System.currentTimeMillis() - runtime.getStartTime()) / 1e3;
    double total = seconds.values().stream().mapToDouble(Double::doubleValue).sum();
    try (PrintStream out = new PrintStream(Files.newOutputStream(output))) {
      out.printf(Locale.ROOT, "%7.2f s wall since start of the virtual machine%n", wall);
      out.printf(Locale.ROOT, "%7.2f s processor time (without the sampler)%n", total);
      seconds.entrySet().stream()
          .filter(entry -> entry.getValue() >= 0.005)
          .sorted(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder()))
          .forEach(
              entry ->
                  out.printf(
                      Locale.ROOT, "%7.2f s %5.1f %%  %s%n",
                      entry.getValue(), 100 * entry.getValue() / total, entry.getKey()));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Processor seconds of threads that run no Java. */
  private static Map<String, Double> virtualMachine() {
    Map<String, Double> result = new TreeMap<>();
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      for (Path task : (Iterable<Path>) tasks::iterator) {
        String stat;
        try {
          stat = Files.readString(task.resolve("stat"));
        } catch (IOException e) {
          continue; // the thread has ended meanwhile
        }
        String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
        String[] rest = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        double seconds = (Long.parseLong(rest[11]) + Long.parseLong(rest[12])) / 100.0;
        String kind =
            name.startsWith("C1 ") || name.startsWith("C2 ")
                ? "compiling (" + name.substring(0, 2) + ")"
                : name.startsWith("GC ") || name.startsWith("G1 ")
                    ? "garbage collection"
                    : name.startsWith("VM ") ? "safepoints and the rest" : "";
        if (!kind.isEmpty()) {
          result.merge(kind, seconds, Double::sum);
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return result;
  }
}
