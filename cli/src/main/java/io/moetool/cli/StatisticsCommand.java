package io.moetool.cli;

import picocli.CommandLine.Command;

/** What can be done with what analyze measured. */
@Command(
    name = "statistics",
    mixinStandardHelpOptions = true,
    description = "Work with what analyze measured, without the model.",
    subcommands = {StatisticsAddCommand.class, StatisticsReportCommand.class},
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n")
final class StatisticsCommand {}
