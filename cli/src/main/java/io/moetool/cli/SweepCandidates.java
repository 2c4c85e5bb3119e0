package io.moetool.cli;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.plan.PlanFile;
import io.moetool.transforms.prune.UnwrittenModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Opens what a sweep names: plans, carried out in memory, and models. */
final class SweepCandidates implements AutoCloseable {
  private static final String PLAN = ".json";

  private final Path base;
  private final FamilyCatalog families;
  private final OrtEngine engine;
  private final WorkPool pool;
  private Optional<SourceModel> source = Optional.empty();

  SweepCandidates(Path base, FamilyCatalog families, OrtEngine engine, WorkPool pool) {
    this.base = base;
    this.families = families;
    this.engine = engine;
    this.pool = pool;
  }

  /**
   * Opens a candidate.
   *
   * @param data what it will read
   * @throws BadInputException if it is neither a model nor a plan for the base, or reads less
   */
  OpenModel open(Path named, SequenceData data) {
    OpenModel opened =
        isPlan(named)
            ? UnwrittenModel.open(
                source(named), named.toString(), PlanFile.read(named), families, engine, pool)
            : OpenModel.open(named, families, engine, pool);
    int longest = data.sequences().stream().mapToInt(s -> s.length()).max().orElse(0);
    if (opened.model().input().maxPositions() < longest) {
      int most = opened.model().input().maxPositions();
      opened.close();
      throw new BadInputException(
          named.toString(),
          "it reads at most %d tokens, and a sequence has %d".formatted(most, longest),
          "cut all with --sequence-length " + most);
    }
    return opened;
  }

  static boolean isPlan(Path named) {
    return named.toString().endsWith(PLAN) && Files.isRegularFile(named);
  }

  private SourceModel source(Path plan) {
    if (OpenModel.isOnnx(base)) {
      throw new BadInputException(
          plan.toString(),
          "a plan is for a checkpoint, and the base is an ONNX model",
          "name the checkpoint as the base, or an export of the planned model instead of the plan");
    }
    SourceModel opened = source.orElseGet(() -> SourceModel.open(base, families));
    source = Optional.of(opened);
    return opened;
  }

  @Override
  public void close() {
    source.ifPresent(SourceModel::close);
  }
}
