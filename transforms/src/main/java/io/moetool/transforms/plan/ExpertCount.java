package io.moetool.transforms.plan;

import io.moetool.formats.BadInputException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;

/** How many experts stay in every layer, as a target asks and the model allows. */
final class ExpertCount {
  private final int experts;
  private final int perToken;
  private final int fewest;
  private final ExpertGroups groups;
  private final PlannedModel model;

  /** Counts for one model. */
  ExpertCount(PlannedModel model) {
    this.experts = model.moe().experts();
    this.perToken = model.moe().routing().expertsPerToken();
    this.fewest = model.moe().fewestUsable();
    this.groups = ExpertGroups.of(model.moe());
    this.model = model;
  }

  /**
   * The count. Of a share no more goes than was asked for, so it is rounded up to a multiple; what
   * has to fit is the largest count that does.
   *
   * @throws BadInputException if no count will do, with the smallest that would
   */
  int of(PlanRequest request) {
    int multipleOf = request.multipleOf();
    return switch (request.target()) {
      case Target.Keep keep -> checked(request, keep.experts());
      case Target.Remove remove ->
          checked(request, Math.ceilDiv(remove.expertsAfter(experts), multipleOf) * multipleOf);
      case Target.Bytes bytes -> largest(request, bytes.most(), model::bytes, "%d bytes");
      case Target.ActiveParameters active ->
          largest(request, active.most(), model::activeParameters, "%d active parameters");
      case Target.Listed listed -> stored(listed);
    };
  }

  private int checked(PlanRequest request, int expertsAfter) {
    String where = request.targetText();
    requireBetween(where, "", expertsAfter);
    if (expertsAfter % request.multipleOf() != 0) {
      throw new BadInputException(
          where,
          "%d is no multiple of %d".formatted(expertsAfter, request.multipleOf()),
          "keep %s experts".formatted(either(candidates(request.multipleOf()), expertsAfter)));
    }
    groups.require(where, expertsAfter, perToken);
    return expertsAfter;
  }

  private static String either(List<Integer> candidates, int count) {
    return candidates.stream()
        .filter(c -> Math.abs(c - count) < candidates.getFirst())
        .map(String::valueOf)
        .reduce((a, b) -> a + " or " + b)
        .orElse("fewer or more");
  }

  private int largest(PlanRequest request, long most, IntToLongFunction size, String amount) {
    List<Integer> candidates = candidates(request.multipleOf());
    if (candidates.isEmpty()) {
      throw new BadInputException(
          request.targetText(),
          "no number from %d to %d will do".formatted(fewest, experts),
          "ask for another multiple");
    }
    for (int count : candidates.reversed()) {
      if (size.applyAsLong(count) <= most) {
        return count;
      }
    }
    int fewest = candidates.getFirst();
    String smallest = amount.formatted(size.applyAsLong(fewest));
    throw new BadInputException(
        request.targetText(),
        "with %d experts per layer, the fewest that can serve a token, it is %s"
            .formatted(fewest, smallest),
        "allow at least " + smallest);
  }

  /** The smallest count that will do and is no less than {@code least}. */
  int atLeast(int least, int multipleOf) {
    return candidates(multipleOf).stream()
        .filter(count -> count >= least)
        .findFirst()
        .orElse(experts);
  }

  private List<Integer> candidates(int multipleOf) {
    return IntStream.rangeClosed(fewest, experts)
        .filter(count -> count % multipleOf == 0 && groups.accepts(count, perToken))
        .boxed()
        .toList();
  }

  private int stored(Target.Listed listed) {
    List<Integer> layers = model.moe().layers();
    String where = "counts by layer";
    if (listed.experts().size() != layers.size()) {
      throw new BadInputException(
          where,
          "there are %d, the model has experts in %d layers"
              .formatted(listed.experts().size(), layers.size()),
          "give one count for each of layers " + layers);
    }
    for (int i = 0; i < layers.size(); i++) {
      String place = ", layer " + layers.get(i);
      requireBetween(where, place, listed.experts().get(i));
      groups.require(where + place, listed.experts().get(i), perToken);
    }
    return listed.experts().stream().mapToInt(Integer::intValue).max().orElseThrow();
  }

  private void requireBetween(String where, String place, int expertsAfter) {
    if (expertsAfter > experts) {
      throw new BadInputException(
          where + place,
          place.isEmpty() && where.equals("keep " + expertsAfter)
              ? "there are only %d experts per layer".formatted(experts)
              : "%d experts are to stay, there are only %d per layer"
                  .formatted(expertsAfter, experts),
          "keep from %d to %d experts".formatted(fewest, experts));
    }
    if (expertsAfter < fewest) {
      BigDecimal most =
          BigDecimal.valueOf(100L * (experts - fewest))
              .divide(BigDecimal.valueOf(experts), new MathContext(4, RoundingMode.DOWN));
      throw new BadInputException(
          where + place,
          "%d of %d experts per layer would stay, but %s"
              .formatted(expertsAfter, experts, whyNotFewer()),
          "keep at least %d experts (remove at most %s%%)"
              .formatted(fewest, most.stripTrailingZeros().toPlainString()));
    }
  }

  private String whyNotFewer() {
    return fewest == perToken
        ? "every token uses %d".formatted(perToken)
        : "to the family's readers fewer than %d are a layer without experts".formatted(fewest);
  }
}
