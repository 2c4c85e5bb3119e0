package io.moetool.formats.safetensors;

/**
 * Names from files, made fit for a message: hostile ones are neither endless nor able to steer a
 * terminal.
 */
public final class Quoted {
  private static final int LONGEST = 200;

  private Quoted() {}

  /**
   * {@code name} in single quotes; control and invisible characters as {@code \}{@code u0007}, cut
   * if long.
   */
  public static String of(String name) {
    StringBuilder out = new StringBuilder("'");
    int shown = Math.min(name.length(), LONGEST);
    for (int i = 0; i < shown; i++) {
      char c = name.charAt(i);
      if (isPlain(c)) {
        out.append(c);
      } else {
        out.append("\\u%04x".formatted((int) c));
      }
    }
    if (shown < name.length()) {
      out.append("… (").append(name.length()).append(" characters)");
    }
    return out.append('\'').toString();
  }

  private static boolean isPlain(char c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
