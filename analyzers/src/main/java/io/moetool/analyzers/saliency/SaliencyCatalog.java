package io.moetool.analyzers.saliency;

import io.moetool.formats.BadInputException;
import java.util.List;

/** All methods that can be asked for by name. */
public final class SaliencyCatalog {
  private static final long DEFAULT_SEED = 0;

  private SaliencyCatalog() {}

  /** All methods, in the order they are listed to people; those that draw lots with seed 0. */
  public static List<SaliencyMethod> methods() {
    return methods(DEFAULT_SEED);
  }

  /** All methods, in the order they are listed to people. */
  public static List<SaliencyMethod> methods(long seed) {
    return List.of(
        new Frequency(),
        new SoftCount(),
        new GateMass(),
        new EanSum(),
        new EanMean(),
        new Man(),
        new Msan(),
        new Reap(),
        new ReapL2(),
        new WeightedEanSum(),
        new WeightedEanSumL2(),
        new MaxActivations(),
        new EasyEp(),
        new Aimer(),
        new Magnitude(),
        new RandomOrder(seed));
  }

  /** Names of all methods, in the same order. */
  public static List<String> names() {
    return methods().stream().map(SaliencyMethod::name).toList();
  }

  /**
   * The method of that name.
   *
   * @param seed used by methods that draw lots
   * @throws BadInputException if there is none
   */
  public static SaliencyMethod named(String name, long seed) {
    return methods(seed).stream()
        .filter(method -> method.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new BadInputException(
                "method '%s'".formatted(name),
                "there is no such method",
                "choose one of " + String.join(", ", names())));
  }
}
