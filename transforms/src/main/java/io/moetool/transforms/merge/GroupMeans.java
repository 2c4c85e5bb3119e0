package io.moetool.transforms.merge;

import io.moetool.formats.BadInputException;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorView;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.TensorNames;
import io.moetool.formats.family.TensorPlace;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.quantisation.StoredWeight;
import io.moetool.kernels.ElementEncoder;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.NeuronOrder;
import io.moetool.transforms.layout.ScaledElements;
import io.moetool.transforms.plan.MergeGroup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What groups of experts become: the weighted means of their members' matrices, after neurons have
 * been matched, as they are stored.
 */
final class GroupMeans {
  private final SourceModel source;
  private final Architecture architecture;
  private final GroupAlignments alignments;
  private final WorkPool pool;

  GroupMeans(SourceModel source, GroupAlignments alignments, WorkPool pool) {
    this.source = source;
    this.architecture = source.architecture();
    this.alignments = alignments;
    this.pool = pool;
  }

  /**
   * Passes if means can be stored as their members are.
   *
   * @throws BadInputException if experts are not stored as F32, F16 or BF16
   */
  static void requireStorable(SourceModel source) {
    TensorNames names = source.architecture().names();
    for (String name : source.tensors().names()) {
      Optional<TensorPlace> place = names.place(name);
      if (place.isPresent() && place.get().role().group() == TensorRole.Group.ROUTED_EXPERTS) {
        TensorInfo stored = source.tensors().info(name);
        StoredWeight weight =
            names
                .quantisation()
                .weightWith(source.tensors(), name)
                .orElseGet(() -> StoredWeight.plain(stored));
        TensorInfo elements = weight.elements();
        if (!weight.isPlain() || !ElementEncoder.supports(elements.dtype())) {
          throw new BadInputException(
              source.tensors().location(elements.name()) + ": tensor " + elements.name(),
              "experts of type %s cannot be merged: what is computed would have to be quantised again"
                  .formatted(elements.dtype()),
              "merge the checkpoint it was quantised from (F32, F16 or BF16) and quantise the result");
        }
      }
    }
  }

  /**
   * The mean of a tensor of experts, or of one slice of a tensor that has one for every expert.
   *
   * @param place of the tensor of any member, or of the tensor of all experts
   * @param slice layout of the mean
   */
  MemorySegment of(Arena arena, TensorPlace place, TensorInfo slice, MergeGroup group) {
    NeuronOrder order = NeuronOrder.of(architecture.moe().expert(), place.role(), place.bias());
    NeuronShares shares =
        new NeuronShares(
            order,
            !ScaledElements.isOutput(place.role()),
            group,
            alignments.of(place.layer().orElseThrow(), group));
    List<WeightedMean.Term> terms = new ArrayList<>();
    for (int i = 0; i < group.experts().size(); i++) {
      terms.add(
          new WeightedMean.Term(elements(place, slice, group.experts().get(i)), shares.of(i)));
    }
    return new WeightedMean(slice.dtype(), slice.shape(), order.side()).of(arena, terms, pool);
  }

  private MemorySegment elements(TensorPlace place, TensorInfo slice, int expert) {
    if (place.expert().isPresent()) {
      String name = architecture.names().weight(place.role(), place.layer().orElseThrow(), expert);
      return source.tensors().view(name).bytes();
    }
    long bytes = slice.byteSize();
    return source.tensors().view(slice.name()).bytes().asSlice(expert * bytes, bytes);
  }

  /** The checkpoint with what a group becomes in the place of its leader. */
  MergedExpert expert(Arena arena, int layer, MergeGroup group) {
    TensorNames names = architecture.names();
    ExpertTensors experts = new ExpertTensors(names);
    Map<String, TensorView> merged = new TreeMap<>();
    experts.roles().stream()
        .flatMap(role ->
            Stream.concat(
                Stream.of(names.weight(role, layer, group.leader())),
                architecture.moe().expert().biased()
                    ? Stream.of(names.bias(role, layer))
                    : Stream.empty()))
        .forEach(name -> merged.put(name, mean(arena, name, group)));
    return new MergedExpert(source.tensors(), merged, experts.areStacked() ? 0 : group.leader());
  }

  private TensorView mean(Arena arena, String name, MergeGroup group) {
    TensorInfo stored = source.tensors().info(name);
    TensorPlace place = architecture.names().place(name).orElseThrow();
    if (place.expert().isPresent()) {
      return new TensorView(stored, of(arena, place, stored, group));
    }
    List<Long> inner = stored.shape().dims().subList(1, stored.shape().rank());
    TensorInfo slice = stored.withShape(new Shape(inner));
    Shape alone =
        new Shape(
            LongStream.concat(LongStream.of(1), inner.stream().mapToLong(n -> n)).boxed().toList());
    return new TensorView(stored.withShape(alone), of(arena, place, slice, group));
  }
}
