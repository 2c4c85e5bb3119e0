package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.moetool.faults.Faults;
import io.moetool.faults.FaultyProvider;
import io.moetool.faults.StoppedRun;
import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.UnfinishedRun;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.PlanFile;
import io.moetool.transforms.prune.Pruner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever ends a run, and wherever: no folder is there that is wrong, and resuming mends all. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PruneFaultsTest {
  private static final Path MODEL = Golden.model("qwen3-moe");
  private static final String MAIN = Moetool.class.getName();
  private static final String SHARD_SIZE = "20kB";
  private static final OptionalLong SHARD_BYTES = OptionalLong.of(20_000);

  @TempDir private static Path folder;

  private Path plan;
  private SourceModel source;
  private Map<String, String> undisturbed;
  private List<String> steps;

  @BeforeAll
  void runUndisturbed() throws IOException {
    plan = folder.resolve("plan.json");
    Run.of("plan", MODEL, "--method", "random", "--seed", 7, "--keep", 4, "-o", plan);
    source = SourceModel.open(MODEL, FamilyCatalog.builtIn());
    Path place = Files.createDirectory(folder.resolve("undisturbed"));
    Faults none = Faults.none(place);
    prune(FaultyProvider.through(none, place.resolve("out")), Leftover.REFUSE);
    undisturbed = hashes(place.resolve("out"));
    steps = none.steps();
    assertThat(undisturbed.keySet().stream().filter(name -> name.endsWith(".safetensors")))
        .hasSizeGreaterThan(3);
  }

  @AfterAll
  void close() {
    source.close();
  }

  /** Some steps, the same ones each time, or with {@code -Dmoetool.everyStep=true} all. */
  IntStream someSteps() {
    if (Boolean.getBoolean("moetool.everyStep")) {
      return IntStream.range(0, steps.size());
    }
    return new SplittableRandom(1).ints(16, 0, steps.size()).distinct().sorted();
  }

  LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("moetool.cases", 3));
  }

  @ParameterizedTest(name = "killed at step {0}")
  @MethodSource("someSteps")
  void afterDeathAtAnyStepNothingWrongIsThereAndResumingMendsIt(int last) throws IOException {
    Path place = Files.createDirectory(folder.resolve("death-" + last));
    die(place, last);

    assertNoWrongModelIn(place);
    resume(place);
  }

  @ParameterizedTest(name = "power cut at step {0}")
  @MethodSource("someSteps")
  void afterAPowerCutNothingIsBelievedThatMayBeLost(int last) throws IOException {
    Path place = Files.createDirectory(folder.resolve("power-" + last));
    die(place, last).cutPower();

    assertNoWrongModelIn(place);
    resume(place);
  }

  private Faults die(Path place, int last) {
    Path out = place.resolve("out");
    Faults death = Faults.death(place, last);
    Throwable failure =
        catchThrowable(() -> prune(FaultyProvider.through(death, out), Leftover.REFUSE));
    // After the rename nothing is left that could fail.
    assertThat(failure != null || Files.exists(out)).isTrue();
    return death;
  }

  @ParameterizedTest(name = "full at step {0}")
  @MethodSource("someSteps")
  void aDiskThatIsFullAtAnyStepIsSaidAndResumingGoesOn(int last) throws IOException {
    Path place = Files.createDirectory(folder.resolve("full-" + last));
    Path out = place.resolve("out");
    Faults full = Faults.fullDisk(place, last);

    Throwable failure =
        catchThrowable(() -> prune(FaultyProvider.through(full, out), Leftover.REFUSE));

    if (failure == null) {
      assertThat(hashes(out)).isEqualTo(undisturbed);
      return;
    }
    assertThat(failure)
        .isInstanceOf(EnvironmentException.class)
        .hasMessageContaining("No space left on device");
    assertThat(out).doesNotExist();
    if (UnfinishedRun.of(out).isPresent()) {
      assertThat(failure)
          .hasMessageContaining("continue with --resume, or remove them with --discard");
    } else {
      assertThat(place).isEmptyDirectory();
    }
    assertNoWrongModelIn(place);
    resume(place);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aProcessThatIsKilledCanBeResumedUntilItIsThrough(long seed) throws Exception {
    Path place = Files.createDirectory(folder.resolve("killed-" + seed));
    SplittableRandom random = new SplittableRandom(seed);
    int last =
        random.nextInt(steps.indexOf("create .out.partial/unfinished"), steps.indexOf("move out"));
    try (StoppedRun run = StoppedRun.at(place, last, MAIN, command(place))) {
      Map<String, String> before = hashes(place);
      for (String option : List.of("--resume", "--discard", "--quiet")) {
        Run second = prune(place, option);
        assertThat(second.code()).isEqualTo(3);
        assertThat(second.err())
            .contains("another run of moetool is writing this output now")
            .contains("wait for it, stop it, or choose another folder");
      }
      assertThat(hashes(place)).isEqualTo(before);
      run.kill();
    }
    assertNoWrongModelIn(place);

    assertThat(prune(place, "--resume").code()).isZero();

    assertThat(hashes(place.resolve("out"))).isEqualTo(undisturbed);
    assertThat(Golden.list(place)).containsExactly("out");
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "processes are ended there without a signal")
  void anInterruptedRunSaysHowToGoOnAndLeavesWhatIsComplete() throws Exception {
    Path place = Files.createDirectory(folder.resolve("interrupted"));
    try (StoppedRun run = StoppedRun.at(place, lastWriteOf("model-00003"), MAIN, command(place))) {
      assertThat(run.interrupt())
          .contains(
              """
              moetool: interrupted: 2 of 5 files are complete in %s
                continue with --resume, or remove them with --discard
              """
                  .formatted(place.resolve(".out.partial")));
    }

    Run refused = prune(place, "--quiet");
    assertThat(refused)
        .isEqualTo(
            new Run(
                3,
                "",
                """
                moetool: %s: an earlier run was ended before it could finish or clean up: 2 of 5 files are complete
                  continue it with --resume, or remove it with --discard
                """
                    .formatted(place.resolve(".out.partial"))));
    Run resumed = prune(place, "--resume");
    assertThat(resumed.code()).isZero();
    assertThat(resumed.err())
        .contains("moetool: going on with an ended run: 2 of 5 files are complete in ");
    assertThat(hashes(place.resolve("out"))).isEqualTo(undisturbed);
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "processes are ended there without a signal")
  void aRunThatIsInterruptedBeforeAFileIsCompleteLeavesNothing() throws Exception {
    Path place = Files.createDirectory(folder.resolve("interrupted-early"));
    try (StoppedRun run = StoppedRun.at(place, lastWriteOf("model-00001"), MAIN, command(place))) {
      assertThat(run.interrupt()).doesNotContain("--resume");
    }
    assertThat(place).isEmptyDirectory();
  }

  private int lastWriteOf(String file) {
    return IntStream.range(0, steps.size())
        .filter(i -> steps.get(i).matches("write .*" + file + ".*"))
        .max()
        .orElseThrow();
  }

  private List<String> command(Path place) {
    return List.of(
        "prune",
        MODEL.toString(),
        "--plan",
        plan.toString(),
        "--shard-size",
        SHARD_SIZE,
        "-o",
        place.resolve("out").toString());
  }

  private Run prune(Path place, String option) {
    return Run.of(Stream.concat(command(place).stream(), Stream.of(option)).toArray());
  }

  private void prune(Path out, Leftover leftover) {
    new Pruner(source, VersionText.version())
        .prune("plan", PlanFile.read(plan), SHARD_BYTES, out, leftover, WriteProgress.none());
  }

  /** Goes on undisturbed; what was complete is not written again. */
  private void resume(Path place) throws IOException {
    Path out = place.resolve("out");
    List<String> complete =
        UnfinishedRun.of(out).isEmpty()
            ? List.of()
            : finished(place.resolve(".out.partial/journal.jsonl"));
    Faults none = Faults.none(place);
    prune(FaultyProvider.through(none, out), Leftover.RESUME);
    assertThat(hashes(out)).isEqualTo(undisturbed);
    assertThat(Golden.list(place)).containsExactly("out");
    assertThat(none.steps())
        .noneMatch(step -> complete.stream().anyMatch(name -> step.matches("write .*/" + name)));
  }

  private static List<String> finished(Path journal) throws IOException {
    return Files.readAllLines(journal).stream()
        .filter(line -> line.endsWith("}") && line.startsWith("{\"name\":"))
        .map(line -> line.replaceFirst("\\{\"name\":\"([^\"]*)\".*", "$1"))
        .toList();
  }

  /** Every folder is what it should become, or cannot be loaded. */
  private void assertNoWrongModelIn(Path place) throws IOException {
    try (Stream<Path> folders = Files.walk(place)) {
      for (Path candidate : folders.filter(Files::isDirectory).toList()) {
        Map<String, String> found = hashes(candidate);
        if (!found.equals(undisturbed)) {
          assertThat(candidate).isNotEqualTo(place.resolve("out"));
          boolean loads = found.containsKey("config.json") && opens(candidate);
          if (loads) {
            // Only the manifest may be missing, which a loader does not read but verify does.
            found.remove("moetool-manifest.json");
            assertThat(undisturbed).containsAllEntriesOf(found);
            assertThat(Run.of("verify", candidate).code()).isNotZero();
          }
        }
      }
    }
  }

  private static boolean opens(Path candidate) {
    try (CheckpointStore store = CheckpointStore.open(candidate)) {
      return !store.names().isEmpty();
    } catch (BadInputException e) {
      return false;
    }
  }

  /** SHA-256 of every file by its place. */
  private static Map<String, String> hashes(Path root) {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(Files::isRegularFile)
          .collect(
              Collectors.toMap(
                  file -> root.relativize(file).toString(),
                  file -> Sha256.of(file),
                  (first, second) -> first,
                  TreeMap::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
