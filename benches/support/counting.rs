//! A global allocator that counts, for one thread and only while it is asked
//! to: how often memory is taken, how much, how much of it is copied to grow,
//! how large the largest piece is, and what stays.
//!
//! Crates that count allocations tell neither the largest piece nor what
//! growing moves nor what the allocator really sets aside, and these are the
//! questions here.
#![allow(dead_code, reason = "each bench and test uses its part of it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Asks the system's allocator, and counts.
pub struct Counting;

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How often memory was taken, or taken again to grow or shrink a piece.
    pub allocations: u64,
    /// How many bytes were asked for in that.
    pub bytes: u64,
    /// How many bytes were in pieces that were grown or shrunk, or that were
    /// given back and are large: at most so many were copied to grow. (A hash
    /// table takes a larger piece, copies, and gives the smaller one back.)
    pub moved: u64,
    /// The largest piece that was asked for, in bytes.
    pub largest: usize,
    /// Bytes asked for and not given back, less those given back of before.
    pub live: i64,
    /// As `live`, in bytes that the allocator set aside for them: rounded up,
    /// without its own note in front of each piece (8 bytes with glibc).
    pub set_aside: i64,
}

/// From so many bytes on a piece is a table or a list; nothing else is as large.
const LARGE: usize = 1 << 10;

thread_local! {
    static COUNTS: Cell<Option<Counts>> = const { Cell::new(None) };
}

/// What this thread's allocations are while it works.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, Counts) {
    let outer = COUNTS.replace(Some(Counts::default()));
    let done = work();
    (done, COUNTS.replace(outer).unwrap_or_default())
}

/// What was counted so far, inside of [`counted`].
pub fn so_far() -> Counts {
    COUNTS.get().unwrap_or_default()
}

fn note(change: impl FnOnce(&mut Counts)) {
    if let Some(mut counts) = COUNTS.get() {
        change(&mut counts);
        COUNTS.set(Some(counts));
    }
}

impl Counts {
    fn take(&mut self, size: usize, set_aside: usize) {
        self.allocations += 1;
        self.bytes += size as u64;
        self.largest = self.largest.max(size);
        self.live += size as i64;
        self.set_aside += set_aside as i64;
    }

    fn give_back(&mut self, size: usize, set_aside: usize) {
        self.live -= size as i64;
        self.set_aside -= set_aside as i64;
    }
}

/// How many bytes the allocator set aside for a piece.
#[allow(unsafe_code, reason = "the allocator's own function")]
unsafe fn set_aside(piece: *mut u8, size: usize) -> usize {
    #[cfg(target_os = "linux")]
    // SAFETY: the caller has the piece from the system's allocator, still.
    let size = unsafe { libc::malloc_usable_size(piece.cast()).max(size) };
    let _ = piece;
    size
}

// SAFETY: every call is handed on to the system's allocator as it came;
// counting takes no memory itself (a thread-local constant without a
// destructor), so that it does not call itself.
#[allow(unsafe_code, reason = "there is no other way to see allocations")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promised.
        let piece = unsafe { System.alloc(layout) };
        // SAFETY: it is the system's.
        note(|counts| counts.take(layout.size(), unsafe { set_aside(piece, layout.size()) }));
        piece
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promised.
        let piece = unsafe { System.alloc_zeroed(layout) };
        // SAFETY: it is the system's.
        note(|counts| counts.take(layout.size(), unsafe { set_aside(piece, layout.size()) }));
        piece
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        note(|counts| {
            counts.moved += if layout.size() < LARGE { 0 } else { layout.size() as u64 };
            // SAFETY: it is the system's, still.
            counts.give_back(layout.size(), unsafe { set_aside(piece, layout.size()) });
        });
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(piece, layout) }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(|counts| {
            counts.moved += layout.size().min(new_size) as u64;
            // SAFETY: it is the system's, still.
            counts.give_back(layout.size(), unsafe { set_aside(piece, layout.size()) });
        });
        // SAFETY: as the caller promised.
        let grown = unsafe { System.realloc(piece, layout, new_size) };
        // SAFETY: it is the system's.
        note(|counts| counts.take(new_size, unsafe { set_aside(grown, new_size) }));
        grown
    }
}
