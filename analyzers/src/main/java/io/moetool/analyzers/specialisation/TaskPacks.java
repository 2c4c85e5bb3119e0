package io.moetool.analyzers.specialisation;

import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.MeasuredData;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.formats.BadInputException;
import io.moetool.formats.document.Document;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Rankings of all experts by domain, the content of {@code task-packs.json}, which {@code analyze}
 * writes beside its analysis.
 *
 * @param formatVersion version of this document's form
 * @param model fingerprint of the model it is about
 * @param data fingerprint of the data it was made from
 * @param packs two for every domain, one of each method
 */
public record TaskPacks(int formatVersion, String model, String data, List<TaskPack> packs) {
  /** What the file is called in the folder that {@code analyze} writes. */
  public static final String NAME = "task-packs.json";

  private static final int FORMAT_VERSION = 1;

  /** By which scores experts are ranked, in the order in which packs are written. */
  public static final List<String> METHODS = List.of("easy_ep", "tcess");

  private static final Document<TaskPacks> DOCUMENT =
      new Document<>(TaskPacks.class, FORMAT_VERSION, "write the packs again with analyze");

  public TaskPacks {
    packs = List.copyOf(packs);
  }

  /**
   * The packs of a model; nothing if it was not run on data.
   *
   * <p>Experts that a domain never used rank last, among them the lower index first.
   */
  public static Optional<TaskPacks> of(Statistics statistics) {
    return statistics
        .routed()
        .map(routed ->
            new TaskPacks(
                FORMAT_VERSION,
                statistics.model().fingerprint(),
                routed.data().fingerprint(),
                packs(routed.data(), routed.layers())));
  }

  private static List<TaskPack> packs(MeasuredData data, List<LayerStatistics> layers) {
    List<TaskPack> packs = new ArrayList<>();
    for (int i = 0; i < data.domains().size(); i++) {
      int domain = i;
      for (String method : METHODS) {
        packs.add(
            new TaskPack(
                data.domains().get(domain).name(),
                method,
                data.domains().get(domain).tokens(),
                layers.stream()
                    .map(layer ->
                        new TaskPack.Layer(
                            layer.layer(),
                            Ranking.highestFirst(
                                layer.byDomain().get(domain).toArray(statistic(method)))))
                    .toList()));
      }
    }
    return packs;
  }

  private static ExpertStatistic statistic(String method) {
    return method.equals("tcess") ? ExpertStatistic.TCESS : ExpertStatistic.EASY;
  }

  /** The pack of a domain by a method, {@code easy_ep} or {@code tcess}. */
  public Optional<TaskPack> pack(String domain, String method) {
    return packs.stream()
        .filter(pack -> pack.domain().equals(domain) && pack.method().equals(method))
        .findFirst();
  }

  /** Names of the domains. */
  public List<String> domains() {
    return packs.stream().map(TaskPack::domain).distinct().toList();
  }

  /** Writes the file; the same packs give the same bytes. */
  public void write(Path file) {
    DOCUMENT.write(this, file);
  }

  /**
   * Reads and checks packs for a model.
   *
   * @param path the file, or the folder that holds it as {@value #NAME}
   * @param modelFingerprint fingerprint of the model
   * @param experts experts per layer of the model
   * @throws BadInputException if it is no such file, is about another model, or a ranking is not
   *     one of all experts
   */
  public static TaskPacks read(Path path, String modelFingerprint, int experts) {
    Path file = Files.isDirectory(path) ? path.resolve(NAME) : path;
    TaskPacks packs = DOCUMENT.read(file);
    if (!packs.model.equals(modelFingerprint)) {
      throw new BadInputException(
          file.toString(),
          "the task packs are of another model (%s; this one is %s)"
              .formatted(packs.model, modelFingerprint),
          "analyze this model and name the folder that was written then");
    }
    packs.packs.forEach(
        pack -> pack.layers().forEach(layer -> requireRanking(file, pack, layer, experts)));
    return packs;
  }

  private static void requireRanking(Path file, TaskPack pack, TaskPack.Layer layer, int experts) {
    HashSet<Integer> named = new HashSet<>(layer.ranking());
    boolean whole =
        layer.ranking().size() == experts
            && named.size() == experts
            && named.stream().allMatch(expert -> expert >= 0 && expert < experts);
    if (!whole) {
      throw new BadInputException(
          "%s, domain '%s', layer %d".formatted(file, pack.domain(), layer.layer()),
          "the ranking does not name each of the %d experts once".formatted(experts),
          "write the packs again with analyze");
    }
  }
}
