package io.moetool.transforms.validate;

import io.moetool.transforms.evaluate.Evaluation;
import io.moetool.transforms.evaluate.ModelSize;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Several candidates held against one base, as it is printed.
 *
 * @param base the base's own result
 * @param baseSize how much the base holds
 * @param candidates in the order they were named
 * @param smallestPassing name of the smallest candidate that keeps all gates; empty if none does
 * @param inference how intervals and p-values were computed
 */
public record Sweep(
    Evaluation base,
    ModelSize baseSize,
    List<SweptModel> candidates,
    Optional<String> smallestPassing,
    Inference inference) {
  /**
   * The result of comparing candidates by name with one base.
   *
   * @param validations at least one
   */
  public static Sweep of(SequencedMap<String, Validation> validations) {
    List<Validation> all = List.copyOf(validations.values());
    List<SweptModel> candidates =
        validations.entrySet().stream()
            .map(entry ->
                SweptModel.of(entry.getKey(), entry.getValue(), isOnFront(entry.getValue(), all)))
            .toList();
    return new Sweep(
        all.getFirst().base(),
        all.getFirst().baseSize(),
        candidates,
        validations.entrySet().stream()
            .filter(entry -> entry.getValue().passed())
            .min(
                Comparator.comparingLong((Map.Entry<String, Validation> entry) ->
                    entry.getValue().candidateSize().bytes()))
            .map(Map.Entry::getKey),
        all.getFirst().inference());
  }

  private static boolean isOnFront(Validation candidate, List<Validation> all) {
    return all.stream().noneMatch(other -> isBetter(other, candidate));
  }

  /** As small and as close to the base, and better in one of both. */
  private static boolean isBetter(Validation one, Validation other) {
    long bytes = one.candidateSize().bytes();
    long otherBytes = other.candidateSize().bytes();
    return bytes <= otherBytes
        && one.klDivergence() <= other.klDivergence()
        && (bytes < otherBytes || one.klDivergence() < other.klDivergence());
  }
}
