package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import io.moetool.formats.quantisation.Mxfp4;
import io.moetool.formats.quantisation.Quantisation;

/** The routed experts that a family's data file and a config describe together. */
final class ExpertReader {
  private static final String SECTION = "experts";

  private final ModelConfig config;
  private final FamilyValues values;

  ExpertReader(ModelConfig config, FamilyValues values) {
    this.config = config;
    this.values = values;
  }

  RoutedExpert read(Quantisation quantisation) {
    requireActivation();
    // Rows of these blocks are outputs, however the weight would be stored without them.
    boolean rowsAreOutputs = quantisation instanceof Mxfp4;
    return new RoutedExpert(
        values.count("dimensions", "expertWidth"),
        function(),
        values.flag(SECTION, "biased", false),
        new StackLayout(
            values.flag(SECTION, "transposed", false) && !rowsAreOutputs,
            values.flag(SECTION, "interleaved", false)));
  }

  private ExpertFunction function() {
    String name = values.text(SECTION, "function", "gated_silu");
    return switch (name) {
      case "relu" -> new ExpertFunction.Relu();
      case "gated_silu" -> new ExpertFunction.GatedSilu();
      case "clamped_swiglu" ->
          new ExpertFunction.ClampedSwiglu(
              values.number(SECTION, "limit"), values.number(SECTION, "alpha"));
      default -> throw new IllegalStateException("a family's experts compute '%s'".formatted(name));
    };
  }

  private void requireActivation() {
    boolean relu = function() instanceof ExpertFunction.Relu;
    String activation = values.text(SECTION, "activation");
    boolean covered =
        relu ? activation.equals("relu") : activation.equals("silu") || activation.equals("swish");
    if (!covered) {
      throw new BadInputException(
          config.where(),
          "experts with activation '%s' are not supported".formatted(activation),
          "supported: " + (relu ? "relu" : "silu"));
    }
  }
}
