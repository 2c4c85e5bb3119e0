package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.moetool.analyzers.Analyzer;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.faults.Faults;
import io.moetool.faults.FaultyProvider;
import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.UnfinishedRun;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import io.moetool.transforms.SourceModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever ends an analysis, and wherever: resuming gives what an undisturbed run gives. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnalyzeFaultsTest {
  /** Layer 1 of 3 is dense. */
  private static final Path MODEL = Golden.model("qwen3-moe-dense-layer");

  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final int SAMPLE = 32;

  @TempDir private static Path folder;

  private SourceModel source;
  private Map<String, String> undisturbed;
  private List<String> steps;

  @BeforeAll
  void runUndisturbed() throws IOException {
    source = SourceModel.open(MODEL, FamilyCatalog.builtIn());
    Path place = Files.createDirectory(folder.resolve("undisturbed"));
    Faults none = Faults.none(place);
    analyze(FaultyProvider.through(none, place.resolve("out")), Leftover.REFUSE, data(1));
    undisturbed = hashes(place.resolve("out"));
    steps = none.steps();
    assertThat(undisturbed.keySet())
        .containsExactly(
            "analysis.json",
            "protect.json",
            "report.html",
            "statistics.safetensors",
            "task-packs.json");
    assertThat(Golden.list(place)).containsExactly("out");
  }

  @AfterAll
  void close() {
    source.close();
  }

  IntStream someSteps() {
    if (Boolean.getBoolean("moetool.everyStep")) {
      return IntStream.range(0, steps.size());
    }
    return new SplittableRandom(2).ints(12, 0, steps.size()).distinct().sorted();
  }

  @Test
  void savepointsLeaveNoTraceInTheResult() {
    Path out = folder.resolve("command");
    Path rows = Golden.write(folder.resolve("rows.jsonl"), text(data(1)));

    Run run =
        Run.of("analyze", MODEL, "--data", rows, "--sample-tokens", SAMPLE, "-o", out, "--resume");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err())
        .contains("moetool: no earlier run left anything of " + out + ": beginning\n");
    assertThat(hashes(out)).isEqualTo(undisturbed);
  }

  @ParameterizedTest(name = "killed at step {0}")
  @MethodSource("someSteps")
  void afterDeathAtAnyStepResumingGivesTheSame(int last) throws IOException {
    Path place = Files.createDirectory(folder.resolve("death-" + last));
    die(place, last);

    resume(place);
  }

  @ParameterizedTest(name = "power cut at step {0}")
  @MethodSource("someSteps")
  void afterAPowerCutNothingIsBelievedThatMayBeLost(int last) throws IOException {
    Path place = Files.createDirectory(folder.resolve("power-" + last));
    die(place, last).cutPower();

    resume(place);
  }

  @ParameterizedTest(name = "full at step {0}")
  @MethodSource("someSteps")
  void aDiskThatIsFullIsSaidAndResumingGoesOn(int last) throws IOException {
    Path place = Files.createDirectory(folder.resolve("full-" + last));
    Path out = FaultyProvider.through(Faults.fullDisk(place, last), place.resolve("out"));

    Throwable failure = catchThrowable(() -> analyze(out, Leftover.REFUSE, data(1)));

    assertThat(failure == null || failure instanceof EnvironmentException).isTrue();
    resume(place);
  }

  /** The layers before the last savepoint are not measured again. */
  @Test
  void aResumedRunGoesOnAtItsLayer() throws IOException {
    Path place = Files.createDirectory(folder.resolve("later"));
    die(place, steps.indexOf("force .out.partial/unfinished/states-2"));
    assertThat(UnfinishedRun.of(place.resolve("out")).orElseThrow().complete()).isEqualTo(2);
    assertThat(Golden.list(place.resolve(".out.partial/unfinished")))
        .contains("layer-0.safetensors", "states-1");
    Faults watched = Faults.none(place);

    analyze(FaultyProvider.through(watched, place.resolve("out")), Leftover.RESUME, data(1));

    assertThat(watched.steps())
        .anyMatch(step -> step.contains("states-2"))
        .noneMatch(step -> step.matches("write .*(layer-0|states-0|states-1).*"));
    assertThat(hashes(place.resolve("out"))).isEqualTo(undisturbed);
  }

  @Test
  void whatWasBegunWithOtherDataIsRefusedAndTheCommandSaysHowToGoOn() throws IOException {
    Path place = Files.createDirectory(folder.resolve("other"));
    Path out = place.resolve("out");
    die(place, steps.indexOf("force .out.partial/unfinished/states-2"));

    assertThatThrownBy(() -> analyze(out, Leftover.RESUME, data(2)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("what is there was begun with another data (sha256:")
        .hasMessageContaining("--discard");
    Path rows = Golden.write(folder.resolve("first.jsonl"), text(data(1)));
    Run refused = Run.of("analyze", MODEL, "--data", rows, "-o", out);
    assertThat(refused.code()).isEqualTo(3);
    assertThat(refused.err())
        .contains("an earlier run was ended before it could finish or clean up: 2 of 3 files")
        .contains("continue it with --resume, or remove it with --discard");
    Run other = Run.of("analyze", MODEL, "--data", rows, "-o", out, "--resume");
    assertThat(other.code()).isEqualTo(3);
    assertThat(other.err()).contains("begun with another number of --sample-tokens (32; now 4096)");
    Run resumed =
        Run.of("analyze", MODEL, "--data", rows, "-o", out, "--sample-tokens", SAMPLE, "--resume");
    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(resumed.err()).contains("going on with an ended run: 2 of 3 files are complete");
    assertThat(hashes(out)).isEqualTo(undisturbed);
  }

  @Test
  void discardingBeginsAnew() throws IOException {
    Path place = Files.createDirectory(folder.resolve("discarded"));
    Path out = place.resolve("out");
    die(place, steps.indexOf("force .out.partial/unfinished/states-2"));

    Run run = Run.of("analyze", MODEL, "-o", out, "--discard");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("removed what an earlier run left of " + out);
    assertThat(Golden.list(place)).containsExactly("out");
    assertThat(Run.of("analyze", MODEL, "-o", out, "--resume").err())
        .startsWith("moetool: --resume has no effect without --data");
  }

  private Faults die(Path place, int last) {
    Faults death = Faults.death(place, last);
    Path out = FaultyProvider.through(death, place.resolve("out"));
    Throwable failure = catchThrowable(() -> analyze(out, Leftover.REFUSE, data(1)));
    assertThat(failure != null || Files.exists(place.resolve("out"))).isTrue();
    return death;
  }

  private void resume(Path place) throws IOException {
    analyze(place.resolve("out"), Leftover.RESUME, data(1));
    assertThat(hashes(place.resolve("out"))).isEqualTo(undisturbed);
    assertThat(Golden.list(place)).containsExactly("out");
  }

  private void analyze(Path out, Leftover leftover, SequenceData data) throws IOException {
    try (WorkPool pool = new WorkPool(2);
        AnalysisFolder analysis = AnalysisFolder.begin(out, List.of(), leftover, Duration.ZERO)) {
      Statistics statistics =
          new Measuring(source, pool, RunProgress.NONE)
              .weightsAnd(data, ENGINE, SAMPLE, Optional.empty(), Optional.of(analysis));
      analysis.write(statistics, Analyzer.analyze(statistics));
    }
  }

  private static SequenceData data(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<TokenSequence> sequences = new ArrayList<>();
    for (int length : new int[] {5, 13, 8, 21, 40}) {
      sequences.add(
          new TokenSequence(length < 10 ? "short" : "long", random.ints(length, 0, 70).toArray()));
    }
    return new SequenceData(sequences);
  }

  private static String text(SequenceData data) {
    StringBuilder text = new StringBuilder();
    for (TokenSequence sequence : data.sequences()) {
      text.append(
          "{\"domain\": \"%s\", \"tokens\": %s}%n"
              .formatted(sequence.domain(), IntStream.of(sequence.toArray()).boxed().toList()));
    }
    return text.toString();
  }

  private static Map<String, String> hashes(Path out) {
    Map<String, String> hashes = new TreeMap<>();
    for (String name : Golden.list(out)) {
      hashes.put(name, Sha256.of(out.resolve(name)));
    }
    return hashes;
  }
}
