package io.moetool.maven;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringTokenizer;
import java.util.stream.Collectors;
import javax.inject.Inject;
import org.apache.maven.execution.MavenSession;
import org.apache.maven.model.Plugin;
import org.apache.maven.plugin.AbstractMojo;
import org.apache.maven.plugin.MojoExecution;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.Parameter;
import org.apache.maven.project.MavenProject;
import org.apache.maven.project.MavenProjectHelper;
import org.apache.maven.toolchain.ToolchainManager;
import org.eclipse.aether.RepositorySystem;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A step of a build that runs one command of the tool, unless nothing changed since it last did.
 */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
abstract class ToolMojo extends AbstractMojo {
  private static final JsonMapper JSON = JsonMapper.shared();

  private static final int DONE = 0;
  private static final int USAGE = 2;
  private static final int INPUT = 3;
  private static final int CHECK = 4;

  @Inject private ToolchainManager toolchains;
  @Inject private RepositorySystem repositories;
  @Inject private MavenProjectHelper projectHelper;

  @Parameter(defaultValue = "${session}", readonly = true, required = true)
  private MavenSession session;

  @Parameter(defaultValue = "${project}", readonly = true, required = true)
  private MavenProject project;

  @Parameter(defaultValue = "${mojoExecution}", readonly = true, required = true)
  private MojoExecution execution;

  /** Leaves the goal out. */
  @Parameter(property = "moetool.skip", defaultValue = "false")
  private boolean skip;

  /** Runs the goal even if nothing changed since it last ran. */
  @Parameter(property = "moetool.rerun", defaultValue = "false")
  private boolean rerun;

  /**
   * Folder for the documents of all goals: {@code summary.json}, {@code report.html}, one JSON file
   * per step in {@code steps}, and JUnit reports in {@code junit}.
   */
  @Parameter(
      property = "moetool.folder",
      defaultValue = "${project.build.directory}/moetool",
      required = true)
  private File folder;

  /**
   * Folder of the JDK 25 to run the tool on. Default: the environment variable MOETOOL_JAVA_HOME,
   * else the first that fits of Maven's toolchains, Maven's own JDK, JAVA_HOME, the PATH and the
   * usual install folders.
   */
  @Parameter(property = "moetool.javaHome")
  private @Nullable File javaHome;

  /** Further arguments of the tool's JVM, such as {@code -Xmx8g}. */
  @Parameter(property = "moetool.jvmArguments")
  private List<String> jvmArguments = new ArrayList<>();

  /**
   * Unpacked distribution to run instead of the tool in the repository, for example one built for
   * CUDA.
   */
  @Parameter(property = "moetool.distribution")
  private @Nullable File distribution;

  /** Use at most this many threads (default: all processors). */
  @Parameter(property = "moetool.threads")
  @ToolOption(value = "--threads", role = Role.MANNER)
  private @Nullable Integer threads;

  /**
   * Take a checkpoint whose model type is not known for one of this model type, because it computes
   * the same.
   */
  @Parameter(property = "moetool.family")
  @ToolOption("--family")
  private @Nullable String family;

  /** Show stack traces of errors. */
  @Parameter(property = "moetool.verbose", defaultValue = "false")
  @ToolOption(value = "--verbose", role = Role.MANNER)
  private boolean verbose;

  /** The command of the tool, which is also the goal's name. */
  abstract String command();

  /**
   * Fills in what is left to be found out, and refuses what cannot be right.
   *
   * @throws MojoFailureException if the build must not go on
   */
  void prepare() throws IOException, MojoFailureException {}

  /** Called when the last run was ended before it was done. */
  void afterEndedRun() {}

  /** What the tool refuses to replace, and an earlier run of this step may have left. */
  List<Path> replaced() {
    return List.of();
  }

  /** What the document says was checked. */
  List<Check> checks(JsonNode document) {
    return List.of();
  }

  /** Whether the step checks something, so that it has a JUnit report. */
  boolean isCheck() {
    return false;
  }

  /** Hands over what the step made; called also when it had been made before. */
  void completed() throws IOException, MojoFailureException {}

  @Override
  public final void execute() throws MojoExecutionException, MojoFailureException {
    if (skip) {
      getLog().info("skipped");
      return;
    }
    try {
      prepare();
      run();
      completed();
    } catch (IOException e) {
      throw new MojoExecutionException("moetool:" + command() + ": " + e, e);
    }
  }

  /** Makes a file or folder of this step an artifact of the module. */
  final void attach(String type, String classifier, Path file) {
    String id = execution.getExecutionId();
    projectHelper.attachArtifact(
        project,
        type,
        id.startsWith("default") ? classifier : id + "-" + classifier,
        file.toFile());
  }

  /** Makes a written checkpoint an artifact: its manifest, or all of it. */
  final void attachResult(Path folder, boolean manifest, boolean whole) throws IOException {
    if (manifest) {
      attach("json", "manifest", folder.resolve("moetool-manifest.json"));
    }
    if (whole) {
      Path archive = folder.resolveSibling(folder.getFileName() + ".zip");
      ModelArchive.write(folder, archive);
      attach("zip", "model", archive);
    }
  }

  final StepFiles files() {
    return StepFiles.of(folder.toPath(), command(), execution.getExecutionId());
  }

  /** A path as people read it: relative to the module where it lies in it. */
  final Path shown(Path path) {
    Path directory = directory();
    Path absolute = path.toAbsolutePath().normalize();
    return absolute.startsWith(directory) ? directory.relativize(absolute) : absolute;
  }

  private Path directory() {
    File basedir = project.getBasedir();
    return (basedir == null ? Path.of("") : basedir.toPath()).toAbsolutePath().normalize();
  }

  private void run() throws IOException, MojoExecutionException, MojoFailureException {
    StepFiles files = files();
    verbose |= getLog().isDebugEnabled();
    Optional<RunRecord> previous = RunRecord.read(files.record());
    if (previous.isPresent() && !previous.get().isComplete()) {
      afterEndedRun();
    }
    CommandArguments arguments = CommandArguments.of(this, directory());
    ToolInstallation tool = installation();
    List<Path> written = new ArrayList<>(arguments.outputs());
    written.add(files.document());
    String inputs =
        new Fingerprint()
            .add(List.of(command()))
            .add(arguments.settings())
            .add(tool.jvmArguments())
            .addFiles(tool.classPath())
            .addFiles(arguments.inputs())
            .value();
    if (!rerun
        && previous.isPresent()
        && previous.get().inputs().equals(inputs)
        && previous.get().outputs().equals(new Fingerprint().addFiles(written).value())) {
      getLog().info("nothing changed since the last run: " + shown(files.document()) + " stands");
      summarize(BuildSummary.entry(files, command(), Outcome.UNCHANGED), 0);
      return;
    }
    List<String> paths = written.stream().map(Path::toString).toList();
    removeReplaced(previous);
    new RunRecord(inputs, paths, "").write(files.record());
    fork(tool, arguments);
    new RunRecord(inputs, paths, new Fingerprint().addFiles(written).value()).write(files.record());
  }

  /** Takes away what this step wrote when its inputs were others; never what it did not write. */
  private void removeReplaced(Optional<RunRecord> previous) throws IOException {
    List<String> own = previous.map(RunRecord::written).orElse(List.of());
    for (Path path : replaced()) {
      if (own.contains(path.toString())) {
        Folders.remove(path);
      }
    }
  }

  private void fork(ToolInstallation tool, CommandArguments arguments)
      throws IOException, MojoExecutionException, MojoFailureException {
    StepFiles files = files();
    Files.deleteIfExists(files.document());
    List<String> passed = new ArrayList<>(arguments.all());
    passed.add("--summary");
    passed.add(files.document().toString());
    List<String> line = tool.commandLine(command(), passed);
    getLog().debug(String.join(" ", line));
    ToolMessages messages = new ToolMessages(getLog());
    long start = System.nanoTime();
    int code;
    try {
      code = ToolProcess.run(line, directory(), getLog()::info, messages::accept);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MojoExecutionException("moetool:" + command() + " was interrupted", e);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Optional<JsonNode> document = document(files.document());
    if (code == DONE || (code == CHECK && document.isPresent())) {
      messages.flush();
      List<Check> checks = document.map(this::checks).orElse(List.of());
      conclude(checks, seconds);
      return;
    }
    String message = messages.failure();
    ObjectNode entry = failed(message, code);
    if (isCheck()) {
      JunitReport.write(files.junit(), files.name(), List.of(), Optional.of(message), seconds);
    }
    summarize(entry, seconds);
    if (code == INPUT || code == CHECK) {
      throw new MojoFailureException(message);
    }
    throw new MojoExecutionException(
        code == USAGE
            ? "wrong configuration: " + inParameters(message)
            : message.isEmpty() ? command() + " ended with exit code " + code : message);
  }

  private void conclude(List<Check> checks, double seconds)
      throws IOException, MojoFailureException {
    StepFiles files = files();
    if (isCheck()) {
      JunitReport.write(files.junit(), files.name(), checks, Optional.empty(), seconds);
    }
    String failures =
        checks.stream()
            .flatMap(check -> check.failure().stream())
            .collect(Collectors.joining(System.lineSeparator()));
    if (failures.isEmpty()) {
      summarize(BuildSummary.entry(files, command(), Outcome.DONE), seconds);
      return;
    }
    summarize(failed(failures, CHECK), seconds);
    throw new MojoFailureException(
        failures + System.lineSeparator() + "report: " + shown(files.report()));
  }

  private ObjectNode failed(String message, int code) {
    ObjectNode entry = BuildSummary.entry(files(), command(), Outcome.FAILED);
    entry.put("exitCode", code);
    entry.put("message", message);
    return entry;
  }

  private void summarize(ObjectNode entry, double seconds) throws IOException {
    StepFiles files = files();
    entry.put("seconds", seconds);
    if (Files.exists(files.document())) {
      entry.put(
          "document", files.folder().relativize(files.document()).toString().replace('\\', '/'));
    }
    BuildSummary summary = BuildSummary.read(files.summary());
    summary.put(entry);
    summary.write();
    ReportPage.write(files, project.getName(), summary);
  }

  /** The tool speaks of its options; says which parameters they are. */
  private String inParameters(String message) {
    String first = message.lines().findFirst().orElse("");
    String names =
        CommandArguments.parameters(getClass()).stream()
            .filter(field -> field.isAnnotationPresent(ToolOption.class))
            .filter(field ->
                first.matches(
                    ".*" + field.getAnnotation(ToolOption.class).value() + "(?![a-z0-9-]).*"))
            .map(field ->
                "%s is the parameter %s"
                    .formatted(field.getAnnotation(ToolOption.class).value(), field.getName()))
            .collect(Collectors.joining(", "));
    return names.isEmpty() ? first : first + System.lineSeparator() + "  " + names;
  }

  private ToolInstallation installation() throws MojoExecutionException {
    ToolLocator locator = new ToolLocator(session, toolchains, repositories);
    Plugin plugin = execution.getPlugin();
    List<Path> classPath =
        distribution == null
            ? locator.ofArtifact(
                plugin.getGroupId(), plugin.getVersion(), project.getRemotePluginRepositories())
            : ToolLocator.ofDistribution(distribution.toPath());
    List<String> further = new ArrayList<>();
    new StringTokenizer(System.getenv().getOrDefault("MOETOOL_OPTS", ""))
        .asIterator()
        .forEachRemaining(argument -> further.add(argument.toString()));
    further.addAll(jvmArguments);
    return new ToolInstallation(locator.jdk(Optional.ofNullable(javaHome)), classPath, further);
  }

  private static Optional<JsonNode> document(Path file) throws IOException {
    return Files.exists(file)
        ? Optional.of(JSON.readTree(Files.readString(file)))
        : Optional.empty();
  }
}
