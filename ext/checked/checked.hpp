// Pointers and arrays of the checked build: each access outside throws. See rewrite.py.
#pragma once
#include <Python.h>
#include <cstddef>

struct OutOfRange {
    std::ptrdiff_t index, size;
};

template <class T> struct Checked {
    T *at, *first, *last;  // first NULL: of unknown size, such as an address of one item
    Checked() = default;
    template <class U> Checked(U *p) : at((T *)p), first(NULL), last(NULL) {}
    Checked(long) : at(NULL), first(NULL), last(NULL) {}  // NULL
    Checked(T *p, T *from, T *to) : at(p), first(from), last(to) {}
    template <class U> Checked(const Checked<U> &o) : at(o.at), first(o.first), last(o.last) {}
    T &item(std::ptrdiff_t i) const {
        T *p = at + i;
        if (first && (p < first || p >= last)) throw OutOfRange{p - first, last - first};
        return *p;
    }
    template <class I> T &operator[](I i) const { return item(i); }
    T &operator*() const { return item(0); }
    T *operator->() const { return &item(0); }
    template <class I> Checked operator+(I i) const { return Checked(at + i, first, last); }
    operator T *() const { return at; }
};

template <class T, std::size_t N> struct CheckedArray {
    T items[N];
    template <class I> T &operator[](I i) {
        if (i < 0 || (std::size_t)i >= N) throw OutOfRange{(std::ptrdiff_t)i, N};
        return items[i];
    }
    template <class I> const T &operator[](I i) const {
        return const_cast<CheckedArray &>(*this)[i];
    }
    operator Checked<T>() { return Checked<T>(items, items, items + N); }
    operator Checked<const T>() { return Checked<const T>(items, items, items + N); }
    operator Checked<const T>() const { return Checked<const T>(items, items, items + N); }
    operator void *() { return items; }
    template <class I> Checked<T> operator+(I i) { return Checked<T>(*this) + i; }
    template <class I> Checked<const T> operator+(I i) const { return Checked<const T>(*this) + i; }
};

struct Allocated {
    void *memory;
    std::size_t bytes;
    template <class T> operator Checked<T>() const {
        T *first = (T *)memory;
        return Checked<T>(first, first, first + bytes / sizeof(T));
    }
};

static inline Allocated checked_calloc(std::size_t count, std::size_t size) {
    return Allocated{PyMem_Calloc(count, size), count * size};
}

// An access outside ends a kernel's Python function with IndexError.
#define RAISE_OUT_OF_RANGE(result)                                                      \
    catch (const OutOfRange &fault) {                                                   \
        if (!PyGILState_Check()) PyEval_RestoreThread(PyGILState_GetThisThreadState()); \
        PyErr_Format(PyExc_IndexError, "index %zd is out of range for %zd items",       \
                     (Py_ssize_t)fault.index, (Py_ssize_t)fault.size);                  \
        return result;                                                                  \
    }
