package io.moetool.cli;

import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.Tokenizer;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.generate.Generation;
import io.moetool.transforms.generate.Generator;
import io.moetool.transforms.generate.Sampling;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what models go on with. */
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    customSynopsis = "moetool generate MODEL --prompt TEXT [--against OTHER] [OPTIONS]",
    description =
        "Let a model go on with a text. An ONNX model remembers what it has read; a checkpoint is"
            + " read again, layer by layer, for every token, which is for a look and not for speed.")
final class GenerateCommand implements Callable<Integer> {
  private static final double MAX_TEMPERATURE = 100;

  @Mixin private CommonOptions common;

  @Mixin private FamilyOption family;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Checkpoint or ONNX model. Its tokenizer reads and writes the text.")
  private Path path = Path.of("");

  @Option(
      names = "--prompt",
      required = true,
      paramLabel = "TEXT",
      description = "What the text begins with.")
  private String prompt = "";

  @Option(
      names = "--against",
      paramLabel = "OTHER",
      description = "Let this model go on with the same text, too.")
  private Optional<Path> other = Optional.empty();

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      defaultValue = "64",
      description = "At most this many new tokens (default: ${DEFAULT-VALUE}).")
  private int maxNewTokens;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      description = "Draw tokens, logits divided by this (default: take the most likely one).")
  private Optional<Double> temperature = Optional.empty();

  @Option(
      names = "--top-p",
      paramLabel = "X",
      description = "Draw from the most likely tokens that add up to this share (default: 1).")
  private Optional<Double> topP = Optional.empty();

  @Option(names = "--seed", paramLabel = "N", description = "Seed of the draws (default: 0).")
  private Optional<Long> seed = Optional.empty();

  @ArgGroup(validate = false, heading = "%nRunning the models:%n")
  private RunOptions run = new RunOptions();

  /**
   * A text that was begun and what became of it.
   *
   * @param prompt its beginning
   * @param generations by model, in the order they were named
   */
  record Document(String prompt, List<Named> generations) {}

  /**
   * What one model went on with.
   *
   * @param model its path
   * @param generation what it wrote
   */
  record Named(String model, Generation generation) {}

  @Override
  public Integer call() {
    Console console = common.console();
    Sampling sampling = sampling();
    if (maxNewTokens < 1) {
      throw common.usage("--max-new-tokens must be at least 1");
    }
    List<Path> models = new ArrayList<>(List.of(path));
    other.ifPresent(models::add);
    family.refuseWithoutCheckpoint(common, models);
    OrtEngine engine = run.open(common);
    List<Named> generations = new ArrayList<>();
    try (WorkPool pool = new WorkPool(common.threads());
        OpenModel first = OpenModel.open(path, family.catalog(), engine, pool);
        Tokenizer tokenizer = Tokenizer.open(first.folder())) {
      generations.add(generate(console, path, first, tokenizer, sampling));
      if (other.isPresent()) {
        try (OpenModel second = OpenModel.open(other.get(), family.catalog(), engine, pool)) {
          generations.add(generate(console, other.get(), second, tokenizer, sampling));
        }
      }
    }
    console.result(new Document(prompt, generations), () -> parting(generations));
    return ExitCode.OK.value();
  }

  private Named generate(
      Console console, Path named, OpenModel model, Tokenizer tokenizer, Sampling sampling) {
    console.part(console.ink().bold(named.toString()) + "\n" + prompt);
    Generation generation =
        new Generator(model, tokenizer)
            .generate(prompt, maxNewTokens, sampling, piece -> console.part(piece));
    console.part(
        String.format(
            Locale.ROOT,
            "%n  %d tokens in %s, %.1f per second; %s%n",
            generation.tokens().size(),
            EvaluationText.seconds(generation.seconds()),
            generation.tokensPerSecond(),
            generation.finish().equals("stop") ? "the model ended the text" : "cut"));
    return new Named(named.toString(), generation);
  }

  /** Where the second model leaves the first one's text. */
  private static String parting(List<Named> generations) {
    if (generations.size() < 2) {
      return "";
    }
    List<Integer> first = generations.get(0).generation().tokens();
    List<Integer> second = generations.get(1).generation().tokens();
    int shared = 0;
    while (shared < Math.min(first.size(), second.size())
        && first.get(shared).equals(second.get(shared))) {
      shared++;
    }
    return shared == Math.max(first.size(), second.size())
        ? "both went on alike\n"
        : "both went on alike for %d tokens\n".formatted(shared);
  }

  private Sampling sampling() {
    if (temperature.isEmpty()) {
      if (topP.isPresent()) {
        throw common.usage("--top-p has no effect without --temperature");
      }
      if (seed.isPresent()) {
        throw common.usage("--seed has no effect without --temperature");
      }
      return Sampling.GREEDY;
    }
    if (!(temperature.get() > 0 && temperature.get() <= MAX_TEMPERATURE)) {
      throw common.usage("--temperature must be above 0 and at most 100");
    }
    if (topP.isPresent() && !(topP.get() > 0 && topP.get() <= 1)) {
      throw common.usage("--top-p must be above 0 and at most 1");
    }
    return new Sampling(temperature.get(), topP.orElse(1.0), seed.orElse(0L));
  }
}
