package io.moetool.formats.publish;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A program that stages a folder and then waits to be ended. */
final class InterruptedRun {
  private InterruptedRun() {}

  public static void main(String[] arguments) throws IOException {
    try (StagedFolder staged = StagedFolder.create(Path.of(arguments[0]))) {
      Files.writeString(staged.path().resolve("half"), "1");
      System.out.println("staged");
      System.in.read();
    }
  }
}
