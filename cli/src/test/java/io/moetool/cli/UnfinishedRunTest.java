package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.moetool.faults.Faults;
import io.moetool.faults.FaultyProvider;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.PlanFile;
import io.moetool.transforms.prune.Pruner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What prune says and does about what an ended run has left, and about disks that refuse. */
class UnfinishedRunTest {
  /** Of five files two are complete and one is half there. */
  private static final String SOMEWHERE = "write .out.partial/unfinished/model-00003";

  @TempDir private Path folder;

  private Path model;
  private Path plan;
  private Path place;
  private Path out;
  private Path left;

  @BeforeEach
  void leaveSomething() throws IOException {
    model = Golden.copy("qwen3-moe", folder);
    plan = plan(7);
    place = Files.createDirectory(folder.resolve("place"));
    out = place.resolve("out");
    left = place.resolve(".out.partial");
    Faults death =
        new Faults(place) {
          @Override
          protected void at(int step, boolean needsSpace) {
            if (steps().stream().anyMatch(s -> s.startsWith(SOMEWHERE))) {
              throw new Death();
            }
          }
        };
    try (SourceModel source = SourceModel.open(model, FamilyCatalog.builtIn())) {
      Throwable failure =
          catchThrowable(() ->
              new Pruner(source, VersionText.version())
                  .prune(
                      "plan",
                      PlanFile.read(plan),
                      OptionalLong.of(20_000),
                      FaultyProvider.through(death, out),
                      Leftover.REFUSE,
                      WriteProgress.none()));
      assertThat(failure).isNotNull();
    }
    assertThat(left.resolve("unfinished/model-00003-of-00005.safetensors")).exists();
  }

  @Test
  void withoutAWordItIsRefusedAndSaidWhatIsThere() {
    Run run = prune();

    assertThat(run)
        .isEqualTo(
            new Run(
                3,
                "",
                """
                moetool: %s: an earlier run was ended before it could finish or clean up: 2 of 5 files are complete
                  continue it with --resume, or remove it with --discard
                """
                    .formatted(left)));
    assertThat(Golden.list(place)).containsExactly(".out.partial");
  }

  @Test
  void halfAnOutputIsNoModelAndNoOutput() {
    for (Path half : List.of(left, left.resolve("unfinished"))) {
      assertThat(Run.of("inspect", half).code()).isEqualTo(3);
      assertThat(Run.of("verify", half).code()).isEqualTo(3);
    }
  }

  @Test
  void discardingBeginsAnew() {
    Run run = prune("--discard");

    assertThat(run.code()).isZero();
    assertThat(run.err()).startsWith("moetool: removed what an earlier run left of " + out + "\n");
    assertSound();
    assertThat(prune("--discard").err()).contains(": exists\n");
    assertSound();
  }

  @Test
  void discardingNothingIsSaid() throws IOException {
    prune("--discard");
    Path other = place.resolve("other");

    Run run = Run.of("prune", model, "--plan", plan, "-o", other, "--discard");

    assertThat(run.code()).isZero();
    assertThat(run.err()).startsWith("moetool: no earlier run left anything of " + other + "\n");
  }

  @Test
  void resumingNothingBegins() {
    Path other = place.resolve("other");

    Run run = Run.of("prune", model, "--plan", plan, "-o", other, "--resume");

    assertThat(run.code()).isZero();
    assertThat(run.err())
        .startsWith("moetool: no earlier run left anything of " + other + ": beginning\n");
    assertThat(Run.of("verify", other, "--source", model).code()).isZero();
  }

  @Test
  void resumingWhatIsCompleteDoesNothing() throws IOException {
    prune("--resume");
    FileTime written = Files.getLastModifiedTime(out.resolve("config.json"));

    Run run = prune("--resume");

    assertThat(run.code()).isZero();
    assertThat(run.err())
        .isEqualTo("moetool: " + out + " is there already: it stays as it is if it is complete\n");
    assertThat(run.out()).startsWith(out + ": 4 of 8 experts stay");
    assertThat(Files.getLastModifiedTime(out.resolve("config.json"))).isEqualTo(written);
    plan = plan(8);
    Run other = prune("--resume");
    assertThat(other.code()).isEqualTo(3);
    assertThat(other.err()).contains("moetool: " + out + ": exists\n");
  }

  @Test
  void anotherPlanIsRefusedByName() {
    plan = plan(8);

    assertRefused("what is there was begun with another plan (sha256:");
  }

  @Test
  void anotherDistributionOverFilesIsRefusedByName() {
    Run run = Run.of("prune", model, "--plan", plan, "-o", out, "--resume");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err())
        .contains("begun with another distribution over files, see --shard-size, (sha256:");
  }

  @Test
  void aSourceThatWasTouchedIsRefusedEvenIfItsFingerprintIsTheSame() throws IOException {
    String weights =
        Golden.list(model).stream()
            .filter(f -> f.endsWith(".safetensors"))
            .findFirst()
            .orElseThrow();
    Files.setLastModifiedTime(model.resolve(weights), FileTime.fromMillis(1));

    assertRefused("begun with another state of the source's files (sha256:");
  }

  @Test
  void anotherVersionAndAnotherSourceAreRefusedByName() {
    Golden.edit(left.resolve("journal.jsonl"), VersionText.version(), "0.0.1");
    Golden.edit(left.resolve("journal.jsonl"), "\"source\":\"sha256:", "\"source\":\"sha256:00");

    assertRefused(
        "begun with another version of moetool (0.0.1; now %s) and another source (sha256:00"
            .formatted(VersionText.version()));
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"formatVersion\":1', '{\"formatVersion\":2', 'has format version 2, this moetool reads version 1'",
    "'\"files\":5', '\"files\":\"5\"', 'journal.jsonl line 1 column'",
    "'\"bytes\":', '\"bites\":', 'journal.jsonl line 2 column'",
  })
  void aDamagedJournalIsRefused(String from, String to, String problem) {
    Golden.edit(left.resolve("journal.jsonl"), from, to);

    assertRefused(problem);
  }

  @Test
  void aLineThatWasCutOffCountsForNothing() throws IOException {
    Path journal = left.resolve("journal.jsonl");
    String text = Files.readString(journal);
    Files.writeString(journal, text.substring(0, text.length() - 10));

    Run run = prune("--resume");

    assertThat(run.err()).contains("going on with an ended run: 1 of 5 files are complete");
    assertSound();
  }

  @Test
  void whatTheJournalClaimsIsNotBelievedBlindly() throws IOException {
    Path first = left.resolve("unfinished/model-00001-of-00005.safetensors");
    byte[] bytes = Files.readAllBytes(first);
    bytes[bytes.length - 1] ^= 1;
    Files.write(first, bytes);
    Path second = left.resolve("unfinished/model-00002-of-00005.safetensors");
    Path elsewhere = Files.move(second, folder.resolve("elsewhere"));
    Files.createSymbolicLink(second, elsewhere);
    Files.writeString(left.resolve("unfinished/stranger.py"), "import os");

    assertThat(prune("--resume").code()).isZero();

    assertSound();
    assertThat(Files.isSymbolicLink(out.resolve("model-00002-of-00005.safetensors"))).isFalse();
    assertThat(elsewhere).exists();
  }

  @Test
  void aFolderThatIsNotOursIsLeftAlone() throws IOException {
    Files.delete(left.resolve("journal.jsonl"));

    assertRefused("what is there was not left by a run that can be continued");
    assertThat(left.resolve("unfinished/model-00001-of-00005.safetensors")).exists();
  }

  @ParameterizedTest
  @CsvSource({
    "--resume --discard, '--resume goes on with what --discard removes: give one of them'",
    "--resume --dry-run, --resume has no effect with --dry-run: it writes nothing",
    "--discard --dry-run, --discard has no effect with --dry-run: it writes nothing",
  })
  void whatIsNotClearIsWrongUsage(String options, String problem) {
    assertThat(prune(options.split(" ")))
        .isEqualTo(new Run(2, "", "moetool: " + problem + "\n  see 'moetool prune --help'\n"));
    assertThat(Golden.list(place)).containsExactly(".out.partial");
  }

  @Test
  void aTargetThatCannotBeCreatedIsTheEnvironmentsFault() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));

    Run run = Run.of("prune", model, "--plan", plan, "-o", file.resolve("sub/out"));

    assertThat(run.code()).isEqualTo(5);
    assertThat(run.err())
        .contains("moetool: " + file.resolve("sub") + ": cannot be created: ")
        .endsWith("\n  check the path and its permissions\n");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aReadOnlyTargetIsTheEnvironmentsFault() throws IOException {
    Path readOnly = Files.createDirectory(folder.resolve("read-only"));
    assumeThat(readOnly.toFile().setWritable(false)).isTrue();
    // The superuser may write anyway.
    assumeThat(Files.isWritable(readOnly)).isFalse();

    Run run = Run.of("prune", model, "--plan", plan, "-o", readOnly.resolve("out"));

    assertThat(run.code()).isEqualTo(5);
    assertThat(run.err()).contains("cannot be created: java.nio.file.AccessDeniedException");
    assertThat(readOnly).isEmptyDirectory();
  }

  /** The operating system refuses bytes beyond a limit, as it does when the disk is full. */
  @Test
  @DisabledOnOs(OS.WINDOWS)
  void whenTheSystemRefusesMoreBytesWhatIsCompleteStays() throws Exception {
    Path limited = folder.resolve("limited");
    Path other = limited.resolve("out");
    List<String> command =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                // In blocks of 512 bytes: more than the first files have, less than the largest.
                "ulimit -f 36 && exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                Moetool.class.getName()));
    List<String> arguments =
        List.of(
            "prune",
            model.toString(),
            "--plan",
            plan.toString(),
            "--shard-size",
            "18kB",
            "-o",
            other.toString());
    command.addAll(arguments);

    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(said).isEqualTo(5);
    assertThat(said)
        .contains("cannot be written: java.io.IOException: File too large\n")
        .contains(" weights files are complete: continue with --resume, or remove them with");
    assertThat(Golden.list(limited)).containsExactly(".out.partial");
    Run resumed = Run.of(Stream.concat(arguments.stream(), Stream.of("--resume")).toArray());
    assertThat(resumed.code()).isZero();
    assertThat(Run.of("verify", other, "--source", model).code()).isZero();
  }

  private Path plan(int seed) {
    Path file = folder.resolve("plan-%d.json".formatted(seed));
    Run.of("plan", model, "--method", "random", "--seed", seed, "--keep", 4, "-o", file);
    return file;
  }

  private Run prune(String... options) {
    Stream<Object> fixed =
        Stream.of("prune", model, "--plan", plan, "--shard-size", "20kB", "-o", out);
    return Run.of(Stream.concat(fixed, Stream.of(options)).toArray());
  }

  private void assertRefused(String problem) {
    Run run = prune("--resume");
    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(problem).contains("--discard");
    assertThat(Golden.list(place)).containsExactly(".out.partial");
  }

  private void assertSound() {
    Run verified = Run.of("verify", out, "--source", model);
    assertThat(verified.code()).as(verified.toString()).isZero();
    assertThat(Golden.list(place)).containsExactly("out");
    assertThat(Golden.list(out)).doesNotContain("journal.jsonl", "lock", "stranger.py");
  }
}
