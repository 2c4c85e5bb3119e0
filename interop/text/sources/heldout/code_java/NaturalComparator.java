package org.example.compare;

import java.io.Serializable;
import java.util.Comparator;

/**
 * Compares strings so that runs of digits are ordered by their numeric value.
 *
 * <p>For example, {@code "page9"} sorts before {@code "page10"}. Leading zeros are ignored unless
 * the strings would otherwise be equal, in which case the shorter string comes first.</p>
 *
 * <p>{@code null} is considered less than any other string.</p>
 */
public class NaturalComparator implements Comparator<String>, Serializable {

    /** The comparator that tells small letters from capital ones. */
    public static final NaturalComparator INSTANCE = new NaturalComparator(false);

    private static final long serialVersionUID = 20240115L;

    private final boolean ignoreCase;

    /**
     * Creates a new instance.
     *
     * @param ignoreCase {@code true} if letters are compared without regard to their case
     */
    public NaturalComparator(final boolean ignoreCase) {
        this.ignoreCase = ignoreCase;
    }

    /**
     * Compares two strings.
     *
     * @param s1  the first string, may be null
     * @param s2  the second string, may be null
     * @return a negative number if the first string comes first, a positive number if the second
     *         does, and zero if they are the same
     */
    @Override
    public int compare(final String s1, final String s2) {
        if (s1 == s2) {
            return 0;
        }
        if (s1 == null) {
            return -1;
        }
        if (s2 == null) {
            return 1;
        }
        int i = 0;
        int j = 0;
        while (i < s1.length() && j < s2.length()) {
            final int result;
            if (isDigit(s1.charAt(i)) && isDigit(s2.charAt(j))) {
                final int endI = endOfDigits(s1, i);
                final int endJ = endOfDigits(s2, j);
                result = compareDigits(s1.substring(i, endI), s2.substring(j, endJ));
                i = endI;
                j = endJ;
            } else {
                result = Character.compare(fold(s1.charAt(i++)), fold(s2.charAt(j++)));
            }
            if (result != 0) {
                return result;
            }
        }
        return Integer.compare(s1.length() - i, s2.length() - j);
    }

    private int compareDigits(final String d1, final String d2) {
        final String n1 = stripZeros(d1);
        final String n2 = stripZeros(d2);
        if (n1.length() != n2.length()) {
            return n1.length() - n2.length();
        }
        final int result = n1.compareTo(n2);
        return result != 0 ? result : d1.length() - d2.length();
    }

    private static String stripZeros(final String digits) {
        int start = 0;
        while (start < digits.length() - 1 && digits.charAt(start) == '0') {
            start++;
        }
        return digits.substring(start);
    }

    private static int endOfDigits(final String str, final int start) {
        int end = start;
        while (end < str.length() && isDigit(str.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isDigit(final char ch) {
        return ch >= '0' && ch <= '9';
    }

    private char fold(final char ch) {
        return ignoreCase ? Character.toLowerCase(ch) : ch;
    }
}
