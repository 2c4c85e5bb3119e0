package io.moetool.transforms.prune;

import io.moetool.analyzers.inspect.Loading;
import io.moetool.analyzers.saliency.SaliencyCatalog;
import io.moetool.formats.checkpoint.FrontMatter;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.group.GroupingCatalog;
import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.MergeGroup;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.Repair;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The {@code README.md} of a pruned checkpoint: what was done to which model, how it was decided,
 * how to do it again. Holds no time and no path: the same work gives the same bytes. Texts from the
 * plan, which anybody may have edited, are shown as text.
 */
final class ModelCard {
  private final SourceModel source;
  private final Plan plan;
  private final OptionalLong shardBytes;
  private final String toolVersion;

  ModelCard(SourceModel source, Plan plan, OptionalLong shardBytes, String toolVersion) {
    this.source = source;
    this.plan = plan;
    this.shardBytes = shardBytes;
    this.toolVersion = toolVersion;
  }

  String text() {
    FrontMatter original = FrontMatter.ofModel(source.tensors().folder());
    return original.with("tags", List.of("moe", merges() ? "merged" : "pruned", "moetool")).text()
        + """

        # A %s model with %d of %d experts per layer

        %s

        | | source | this model |
        | --- | ---: | ---: |
        | experts per layer | %d | %d |
        | experts per token | %d | %d |
        | bytes of tensors | %s | %s |

        Source: `%s`

        """
            .formatted(
                plain(plan.source().modelType()),
                plan.expertsAfter(),
                plan.expertsBefore(),
                whatWasDone(),
                plan.expertsBefore(),
                plan.expertsStored(),
                plan.expertsPerToken(),
                plan.expertsPerToken(),
                grouped(plan.forecast().bytesBefore()),
                grouped(plan.forecast().bytesAfter()),
                plan.source().fingerprint())
        + decision()
        + layers()
        + plan.repair().map(ModelCard::repair).orElse("")
        + quality()
        + again()
        + loading()
        + leftOut(original);
  }

  private boolean merges() {
    return plan.options().merging().isPresent();
  }

  private String whatWasDone() {
    return plan.options()
        .merging()
        .map(merging ->
            """
            Made from another checkpoint by merging experts: the members of a group became their weighted mean, %s%s.
            %s Every other tensor has the bytes of the source.\
            """
                .formatted(
                    switch (merging.knownAlignment().orElseThrow()) {
                      case WEIGHTS -> "after their neurons were matched with the leader's";
                      case FIX_DOM -> "each neuron joining the leader's that is most like it";
                      case ZIPIT -> "the most alike of all their neurons joining";
                      case NONE -> "neuron by neuron as they were stored";
                    },
                    plan.repair().isEmpty()
                        ? ""
                        : ", and its last projection was fitted to what they added",
                    switch (merging.knownRouter().orElseThrow()) {
                      case DROP ->
                          "Routers have the leaders' rows, and `config.json` differs in the count of experts.";
                      case AVERAGE ->
                          "A group's row in the router is the weighted mean of its members', and `config.json` differs in the count of experts.";
                      case DUPLICATE ->
                          "Each merged expert is stored once for every member, so routers and `config.json` are the source's.";
                      case MAP -> throw new IllegalStateException("no checkpoint holds a map");
                    }))
        .orElse(
            """
            Made from another checkpoint by removing experts; %s. What stayed has the bytes of the source: experts are
            renumbered in ascending order, routers have the rows of the experts that stayed, and `config.json` differs in the count of experts.\
            """
                .formatted(
                    plan.repair()
                        .map(repair ->
                            repair.kind().equals(Repair.ROUTER)
                                ? "the rows of routers were fitted anew, nothing else was computed"
                                : "the last projections of experts were multiplied by a factor, nothing else was computed anew")
                        .orElse("no weight was computed anew")));
  }

  private String decision() {
    StringBuilder text = new StringBuilder("## How it was decided\n\n");
    text.append("- Target: ").append(plain(plan.options().target())).append(".\n");
    if (isUneven()) {
      text.append(
          "- Divided among layers: %s. Every layer stores as many experts; those that are never chosen are ruled out by their bias.\n"
              .formatted(plain(plan.options().budget())));
    }
    plan.options()
        .domains()
        .ifPresent(mix -> text.append("- Mix of domains: ").append(plain(mix)).append(".\n"));
    plan.source()
        .sibling()
        .ifPresent(other ->
            text.append(
                "- Planned on another form of the source, with the same routers: `%s`.\n"
                    .formatted(plain(other))));
    text.append("- Method: ").append(method()).append("\n");
    plan.statistics()
        .ifPresent(statistics ->
            text.append(
                "- Measured on %s tokens of calibration data, `%s`.\n"
                    .formatted(grouped(statistics.tokens()), plain(statistics.dataFingerprint()))));
    plan.options()
        .protection()
        .forEach(rule -> text.append("- Protected: ").append(plain(rule)).append(".\n"));
    plan.warnings()
        .forEach(warning -> text.append("- Warning: ").append(plain(warning)).append("\n"));
    return text.append('\n').toString();
  }

  private boolean isUneven() {
    return plan.layers().stream().anyMatch(layer -> !layer.masked().isEmpty());
  }

  private String method() {
    String seed =
        plan.options().seed().isPresent() ? ", seed " + plan.options().seed().getAsLong() : "";
    return "%s%s%s.".formatted(plain(plan.method()), seed, plain(knownMethod()));
  }

  private String knownMethod() {
    if (merges()) {
      return GroupingCatalog.methods(0).stream()
          .filter(method -> method.name().equals(plan.method()))
          .map(method -> ": %s (%s)".formatted(method.description(), method.source()))
          .findFirst()
          .orElse("");
    }
    return SaliencyCatalog.methods().stream()
        .filter(method -> method.name().equals(plan.method()))
        .map(method -> ": %s (%s)".formatted(method.description(), method.source()))
        .findFirst()
        .orElse("");
  }

  private String layers() {
    return merges() ? groups() : removed();
  }

  private String groups() {
    StringBuilder text =
        new StringBuilder(
            """
            | layer | experts that became one, each group's leader first | removed |
            | ---: | --- | --- |
            """);
    for (LayerPlan layer : plan.layers()) {
      Set<Integer> removed = new TreeSet<>(layer.dropped());
      layer.groups().forEach(group -> removed.removeAll(group.experts()));
      text.append(
          "| %d | %s | %s |\n"
              .formatted(
                  layer.layer(),
                  layer.groups().stream().map(ModelCard::group).collect(Collectors.joining("; ")),
                  removed.stream().map(String::valueOf).collect(Collectors.joining(" "))));
    }
    return text + "\nWhat each expert counted is in the plan, in `moetool-manifest.json`.\n\n";
  }

  private static String group(MergeGroup group) {
    return Stream.concat(
            Stream.of(group.leader()),
            group.experts().stream().filter(expert -> expert != group.leader()))
        .map(String::valueOf)
        .collect(Collectors.joining(" "));
  }

  private String removed() {
    StringBuilder text =
        new StringBuilder(
            """
            | layer | removed experts | never chosen | margin | damage |
            | ---: | --- | --- | ---: | ---: |
            """);
    for (LayerPlan layer : plan.layers()) {
      text.append(
          "| %d | %s | %s | %s | %s |\n"
              .formatted(
                  layer.layer(),
                  listed(layer.dropped()),
                  listed(layer.masked()),
                  number(layer.margin()),
                  number(layer.damage())));
    }
    return text
        + """

        The margin is the lowest score that stayed without protection minus the highest that went. The damage is a forecast: the squared error of
        the layer's hidden states, as a share of them, were nothing put in the place of what went. All scores are in the plan, in
        `moetool-manifest.json`.

        """;
  }

  private static String repair(Repair repair) {
    return switch (repair.kind()) {
      case Repair.ROUTER -> routerRepair(repair);
      case Repair.LEAST_SQUARES -> fittedProjections(repair);
      default -> scalarRepair(repair);
    };
  }

  private static String fittedProjections(Repair repair) {
    StringBuilder text =
        new StringBuilder(
            """
            ## Fitted projections

            The last projection of every merged expert was fitted to what its members added (MergeMoE, arXiv 2510.14436), on %s tokens of
            `%s`. The error is the squared error of what the merged experts of the layer add, each on its own, as a share of it, on those tokens.

            | layer | error of the means | error after |
            | ---: | ---: | ---: |
            """
                .formatted(grouped(repair.tokens()), plain(repair.dataFingerprint())));
    return text.append(errors(repair)).toString();
  }

  private static String routerRepair(Repair repair) {
    StringBuilder text =
        new StringBuilder(
            """
            ## Repair

            To the router row of every expert that stayed a combination of all old rows was added, which brings what the layer's experts add closest to
            what they added before. It was fitted on %s tokens of `%s`. The error is the squared error of what the experts of the layer add, as a share
            of it, on those tokens.

            | layer | error before | error after |
            | ---: | ---: | ---: |
            """
                .formatted(grouped(repair.tokens()), plain(repair.dataFingerprint())));
    return text.append(errors(repair)).toString();
  }

  /** Rows of a table: layers, errors before and after. */
  private static String errors(Repair repair) {
    StringBuilder text = new StringBuilder();
    for (Repair.Layer layer : repair.layers()) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %d | %.4f | %.4f |\n",
              layer.layer(),
              layer.errorBefore(),
              layer.errorAfter()));
    }
    return text.append('\n').toString();
  }

  private static String scalarRepair(Repair repair) {
    StringBuilder text =
        new StringBuilder(
            """
            ## Repair

            The outputs of all experts of a layer are multiplied by the factor that brings what they add closest to what they added before. It was
            fitted on %s tokens of `%s`. The error is the squared error of what the experts of the layer add, as a share of it, on those tokens.

            | layer | factor | error before | error after |
            | ---: | ---: | ---: | ---: |
            """
                .formatted(grouped(repair.tokens()), plain(repair.dataFingerprint())));
    for (Repair.Layer layer : repair.layers()) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %d | %.4f | %.4f | %.4f |\n",
              layer.layer(),
              layer.scale(),
              layer.errorBefore(),
              layer.errorAfter()));
    }
    return text.append('\n').toString();
  }

  private static String listed(List<Integer> experts) {
    return experts.stream().map(String::valueOf).collect(Collectors.joining(" "));
  }

  private static String number(OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, "%.3g", value.getAsDouble()) : "";
  }

  private static String quality() {
    return """
    ## What it cost

    Was not measured when this was written. On text of your own:

    ```
    moetool validate SOURCE THIS --data held-out.jsonl
    ```

    """;
  }

  private String again() {
    return """
    ## Make it again, and check it

    With moetool %s, the source, and the plan out of the manifest (`jq .plan moetool-manifest.json > plan.json`):

    ```
    moetool %s SOURCE --plan plan.json%s%s -o OUT
    moetool verify THIS --source SOURCE
    ```

    The second command re-reads every byte and proves which tensors are the source's.

    """
        .formatted(
            plain(toolVersion),
            merges() ? "merge" : "prune",
            plan.repair()
                .filter(Repair::fitsProjections)
                .map(repair ->
                    " --repair %s --repair-tokens %d --data THE-SAME-DATA"
                        .formatted(repair.kind(), repair.tokens()))
                .orElse(""),
            shardBytes.isPresent() ? " --shard-size " + shardBytes.getAsLong() : "");
  }

  private String loading() {
    StringBuilder text =
        new StringBuilder(
            """
            ## Where it loads

            Where the source loads, in the same way, by these rules:

            """);
    for (Loading loading : plan.loading()) {
      text.append(
          "- %s: %s; %s.\n".formatted(loading.program(), loading.verdict().key(), loading.rule()));
    }
    return text.toString();
  }

  private static String leftOut(FrontMatter original) {
    return original.leftOut().isEmpty()
        ? ""
        : """

        The source's card says more, which was not taken over because it is about the source or could not be read: %s.
        """
            .formatted(
                original.leftOut().stream()
                    .map(ModelCard::plain)
                    .collect(Collectors.joining(", ")));
  }

  private static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Text that a Markdown renderer shows as it is, on one line. */
  private static String plain(String text) {
    StringBuilder plain = new StringBuilder();
    text.codePoints()
        .forEach(c -> {
          if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
            plain.append(' ');
          } else if ("\\`*{}[]<>#|!~$&".indexOf(c) >= 0) {
            plain.append("&#").append(c).append(';');
          } else {
            plain.appendCodePoint(c);
          }
        });
    return plain.toString();
  }
}
