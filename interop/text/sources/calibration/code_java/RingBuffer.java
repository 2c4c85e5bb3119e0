package org.example.collect;

import java.util.AbstractCollection;
import java.util.Collection;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * A collection of bounded size that evicts the oldest element when a new element is added to a
 * full buffer.
 *
 * <p>The iterator returns the elements from the oldest to the newest. This class does not permit
 * {@code null} elements, and it is not synchronized.
 *
 * @param <E> the type of the elements in this buffer
 */
public class RingBuffer<E> extends AbstractCollection<E> {

    private final Object[] elements;

    /** The index of the oldest element, if there is one. */
    private int head;

    private int size;

    private int modCount;

    /**
     * Constructs an empty buffer.
     *
     * @param capacity the largest number of elements that this buffer can hold
     * @throws IllegalArgumentException if {@code capacity} is not positive
     */
    public RingBuffer(int capacity) {
        if (capacity <= 0) {
            throw new IllegalArgumentException("capacity must be positive, but was " + capacity);
        }
        this.elements = new Object[capacity];
    }

    /** Returns a buffer that contains the last elements of the given collection. */
    public static <E> RingBuffer<E> copyOf(Collection<? extends E> source, int capacity) {
        RingBuffer<E> result = new RingBuffer<>(capacity);
        result.addAll(source);
        return result;
    }

    @Override
    public boolean add(E element) {
        if (element == null) {
            throw new NullPointerException("element");
        }
        modCount++;
        if (size == elements.length) {
            elements[head] = element;
            head = next(head);
        } else {
            elements[index(size)] = element;
            size++;
        }
        return true;
    }

    /**
     * Removes the oldest element and returns it.
     *
     * @return the oldest element
     * @throws NoSuchElementException if this buffer is empty
     */
    public E remove() {
        if (isEmpty()) {
            throw new NoSuchElementException("buffer is empty");
        }
        E result = elementAt(head);
        elements[head] = null;
        head = next(head);
        size--;
        modCount++;
        return result;
    }

    /** Returns the oldest element without removing it, or {@code null} if this buffer is empty. */
    public E peek() {
        return isEmpty() ? null : elementAt(head);
    }

    /** Returns the number of elements that can be added before an element is evicted. */
    public int remainingCapacity() {
        return elements.length - size;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public void clear() {
        for (int i = 0; i < elements.length; i++) {
            elements[i] = null;
        }
        head = 0;
        size = 0;
        modCount++;
    }

    @Override
    public Iterator<E> iterator() {
        return new BufferIterator();
    }

    @SuppressWarnings("unchecked") // only add() stores elements, and it stores nothing else
    private E elementAt(int position) {
        return (E) elements[position];
    }

    private int index(int offset) {
        int result = head + offset;
        return result < elements.length ? result : result - elements.length;
    }

    private int next(int position) {
        return position + 1 == elements.length ? 0 : position + 1;
    }

    private final class BufferIterator implements Iterator<E> {
        private final int expectedModCount = modCount;
        private int offset = 0;

        @Override
        public boolean hasNext() {
            return offset < size;
        }

        @Override
        public E next() {
            if (modCount != expectedModCount) {
                throw new ConcurrentModificationException();
            }
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return elementAt(index(offset++));
        }
    }
}
