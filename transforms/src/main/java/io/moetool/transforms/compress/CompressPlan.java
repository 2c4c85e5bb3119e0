package io.moetool.transforms.compress;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.json.Json;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.PlannedTensors;

/** How the experts of a checkpoint, or the work a token gives them, become smaller. */
public sealed interface CompressPlan permits WidthPlan, TopKPlan {
  /** What plans of this kind do, as a plan says it. */
  String COMPRESS = "compress";

  /**
   * The checkpoint a plan was made for.
   *
   * @param fingerprint of its weights and config
   * @param modelType of its config
   */
  record Source(String fingerprint, String modelType) {
    static Source of(SourceModel source) {
      return new Source(source.fingerprint(), source.architecture().modelType());
    }
  }

  /** The checkpoint it was made for. */
  Source source();

  /** Version of the tool that made it. */
  String toolVersion();

  /**
   * Passes if the plan is for this checkpoint and can be carried out.
   *
   * @param where names the plan in messages
   * @throws BadInputException otherwise
   */
  void require(String where, SourceModel checkpoint, FamilyCatalog families);

  /**
   * All tensors of the result.
   *
   * @param checkpoint one that {@link #require} has let pass
   */
  PlannedTensors tensors(SourceModel checkpoint);

  /** The {@code config.json} of the result. */
  String config(SourceModel checkpoint, FamilyCatalog families);

  /** Neurons of an expert in the result. */
  int widthAfter(SourceModel checkpoint);

  /** Experts per token in the result. */
  int expertsPerTokenAfter(SourceModel checkpoint);

  /**
   * Reads the plan of a manifest; {@link #require} holds it against a checkpoint.
   *
   * @param where names it in messages
   * @throws BadInputException if it is none
   */
  static CompressPlan parse(String where, String text) {
    String method = Json.readObject(where, text).path("method").asString("");
    return switch (method) {
      case WidthPlan.CAMERA -> WidthPlan.parse(where, text);
      case TopKPlan.TOP_K -> TopKPlan.parse(where, text);
      default ->
          throw new BadInputException(
              where,
              "'%s' is no method of compressing".formatted(method),
              "known: %s, %s".formatted(WidthPlan.CAMERA, TopKPlan.TOP_K));
    };
  }
}
