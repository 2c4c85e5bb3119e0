package io.moetool.analyzers.superexperts;

import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.formats.BadInputException;
import io.moetool.formats.document.Document;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Experts that must stay whatever their score. Components are the keys of {@code protect.json},
 * which {@code analyze} writes, people edit and planning reads.
 *
 * @param formatVersion version of this document's form
 * @param model fingerprint of the model it is about; empty if it holds for any model with such
 *     layers and experts
 * @param rule how the experts were found, in words
 * @param experts in any order, none named twice
 */
public record ProtectList(
    int formatVersion, Optional<String> model, String rule, List<Entry> experts) {
  /** What the file is called in the folder that {@code analyze} writes. */
  public static final String NAME = "protect.json";

  private static final int FORMAT_VERSION = 1;

  /** Share of the layers that the paper looks at. */
  private static final double DEPTH = 0.75;

  private static final Document<ProtectList> DOCUMENT =
      new Document<>(ProtectList.class, FORMAT_VERSION, "write the list again with analyze");

  public ProtectList {
    experts = List.copyOf(experts);
  }

  /**
   * An expert that stays.
   *
   * @param layer index in the model
   * @param expert index in the layer
   * @param reason why, in words
   */
  public record Entry(int layer, int expert, String reason) {}

  /**
   * The super experts of a model; none if it was not run on data. As in the paper (arXiv
   * 2507.23279) the last quarter of the layers is left out, whose outliers are mostly harmless to
   * remove. Where there are too few experts for the paper's percentile, which then names one even
   * if there is none, a gap decides.
   */
  public static ProtectList of(Statistics statistics) {
    Optional<String> model = Optional.of(statistics.model().fingerprint());
    if (statistics.routed().isEmpty()) {
      return new ProtectList(
          FORMAT_VERSION,
          model,
          "none: the model was not run on data, so super experts are unknown",
          List.of());
    }
    SuperExpertSearch search = SuperExpertSearch.over(statistics, DEPTH);
    List<SuperExpert> found = search.hasFewCandidates() ? search.robust() : search.byPaper();
    return new ProtectList(
        FORMAT_VERSION,
        model,
        rule(search),
        found.stream()
            .map(expert ->
                new Entry(
                    expert.layer(),
                    expert.expert(),
                    String.format(
                        Locale.ROOT, "super expert, largest output %.4g", expert.maxAbs())))
            .toList());
  }

  /**
   * A list of other experts.
   *
   * @param model fingerprint of the model it is about, if of one
   * @param rule how they were found, in words
   */
  public static ProtectList ofExperts(Optional<String> model, String rule, List<Entry> experts) {
    return new ProtectList(FORMAT_VERSION, model, rule, experts);
  }

  private static String rule(SuperExpertSearch search) {
    return search.hasFewCandidates()
        ? String.format(
            Locale.ROOT,
            "super experts: largest |output| set apart from the others' by a factor of at least %.0f"
                + " (%d experts in the first three quarters of the layers)",
            SuperExpertSearch.GAP,
            search.candidates())
        : String.format(
            Locale.ROOT,
            "super experts: largest |output| above %.4g, which is the 99.5th percentile or a tenth of"
                + " the largest (%d experts in the first three quarters of the layers)",
            search.threshold(),
            search.candidates());
  }

  /**
   * Reads a list for a model.
   *
   * @throws BadInputException if it is no such list, is about another model, or names an expert
   *     twice or one that does not exist
   */
  public static ProtectList read(Path file, MeasuredModel model) {
    ProtectList list = DOCUMENT.read(file);
    list.require(file.toString(), model);
    return list;
  }

  private void require(String where, MeasuredModel about) {
    if (model.isPresent() && !model.get().equals(about.fingerprint())) {
      throw new BadInputException(
          where,
          "it is about another model: %s, this one is %s"
              .formatted(model.get(), about.fingerprint()),
          "analyze this model, or set model to null if the list holds for this one too");
    }
    Set<List<Integer>> seen = new HashSet<>();
    for (Entry entry : experts) {
      if (!about.moeLayers().contains(entry.layer())
          || entry.expert() < 0
          || entry.expert() >= about.experts()) {
        throw new BadInputException(
            where,
            "there is no expert %d in layer %d".formatted(entry.expert(), entry.layer()),
            "name experts 0 to %d of layers %s".formatted(about.experts() - 1, about.moeLayers()));
      }
      if (!seen.add(List.of(entry.layer(), entry.expert()))) {
        throw new BadInputException(
            where,
            "expert %d of layer %d is named twice".formatted(entry.expert(), entry.layer()),
            "name it once");
      }
    }
  }

  /** Writes {@code protect.json}; the same list gives the same bytes. */
  public void write(Path file) {
    DOCUMENT.write(this, file);
  }
}
