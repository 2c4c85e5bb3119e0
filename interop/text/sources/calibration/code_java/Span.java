package org.example.range;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;

/**
 * A stretch of the number line, from a start that belongs to it to an end that does not.
 *
 * <p>A span whose start equals its end is empty. All empty spans differ from each other, because
 * each of them still has a position.</p>
 *
 * <p>Spans never change after they were made, so they can be shared between threads.</p>
 *
 * @since 1.0
 */
public final class Span implements Iterable<Long>, Comparable<Span>, Serializable {

    private static final long serialVersionUID = 1L;

    /** The first value that belongs to this span, unless it is empty. */
    private final long start;

    /** The first value after this span. */
    private final long end;

    private Span(final long start, final long end) {
        this.start = start;
        this.end = end;
    }

    /**
     * Makes a span from its two edges.
     *
     * @param start  the first value of the span
     * @param end  the first value after the span
     * @return the span, not null
     * @throws IllegalArgumentException if {@code end} is less than {@code start}
     */
    public static Span of(final long start, final long end) {
        if (end < start) {
            throw new IllegalArgumentException("span ends at " + end + " before it starts at " + start);
        }
        return new Span(start, end);
    }

    /**
     * Makes a span from its start and its length.
     *
     * @param start  the first value of the span
     * @param length  how many values it has, zero or more
     * @return the span, not null
     */
    public static Span startingAt(final long start, final long length) {
        return of(start, Math.addExact(start, length));
    }

    public long length() {
        return end - start;
    }

    public boolean isEmpty() {
        return start == end;
    }

    /**
     * Tests whether a value lies in this span.
     *
     * @param value  the value to test
     * @return {@code true} if the value is at or after the start and before the end
     */
    public boolean covers(final long value) {
        return start <= value && value < end;
    }

    /**
     * Tests whether two spans touch or overlap, so that together they make a single span.
     *
     * @param other  the span to test, not null
     * @return {@code true} if there is no gap between the spans
     * @throws NullPointerException if {@code other} is {@code null}
     */
    public boolean meets(final Span other) {
        Objects.requireNonNull(other, "other");
        return start <= other.end && other.start <= end;
    }

    /**
     * Returns the smallest span that covers both this span and another one.
     *
     * @param other  the other span, not null
     * @return the span from the lesser start to the greater end
     */
    public Span hull(final Span other) {
        return new Span(Math.min(start, other.start), Math.max(end, other.end));
    }

    /**
     * Takes another span out of this one.
     *
     * @param other  the span to take out, not null
     * @return what is left: no span, one span, or two spans in ascending order
     */
    public List<Span> without(final Span other) {
        final List<Span> left = new ArrayList<>(2);
        if (other.start > start) {
            left.add(new Span(start, Math.min(end, other.start)));
        }
        if (other.end < end) {
            left.add(new Span(Math.max(start, other.end), end));
        }
        return left;
    }

    @Override
    public Iterator<Long> iterator() {
        return new Iterator<Long>() {
            private long next = start;

            @Override
            public boolean hasNext() {
                return next < end;
            }

            @Override
            public Long next() {
                if (next >= end) {
                    throw new NoSuchElementException("no value after " + (end - 1));
                }
                return next++;
            }
        };
    }

    @Override
    public int compareTo(final Span other) {
        final int result = Long.compare(start, other.start);
        return result != 0 ? result : Long.compare(end, other.end);
    }

    @Override
    public boolean equals(final Object obj) {
        return obj instanceof Span && compareTo((Span) obj) == 0;
    }

    @Override
    public int hashCode() {
        return Objects.hash(start, end);
    }

    @Override
    public String toString() {
        return "[" + start + ", " + end + ")";
    }
}
