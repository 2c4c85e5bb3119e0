package io.moetool.transforms.plan;

import io.moetool.analyzers.inspect.Loading;
import io.moetool.formats.family.MoeBlock;
import io.moetool.transforms.layout.ExpertPlaces;
import java.util.List;
import java.util.Optional;

/** What there is to know of a model, whatever it is stored as, to plan which of its experts go. */
public interface PlannedModel {
  /** Names the model in plans and statistics. */
  String fingerprint();

  /** Its type. */
  String modelType();

  /** Hash of its routers' values, by which another form of the same model is known. */
  Optional<String> routers();

  /** Its experts: counts and routing. */
  MoeBlock moe();

  /**
   * Passes if layers may come to keep different numbers of experts.
   *
   * @param where what asks for it, for messages
   * @throws io.moetool.formats.BadInputException otherwise
   */
  void requireUneven(String where);

  /** Whether layers that keep fewer experts than others have places for as many. */
  boolean fillsPlaces();

  /** Bytes of all tensors if the largest so many experts of every layer stay. */
  long bytes(int kept);

  /** Parameters that a token meets if so many experts of every layer stay. */
  long activeParameters(int kept);

  /** What the result of a plan will weigh. */
  Plan.Forecast forecast(ExpertPlaces places);

  /** Where the model loads with so many experts in every layer. */
  List<Loading> loading(int expertsStored);

  /** What a reviewer ought to know about this model. */
  List<String> warnings(int expertsStored);
}
