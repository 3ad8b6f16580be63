//! How much memory reading takes at its highest, against the size of what is read.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Bytes of memory for each byte that is read: a tape of JSON has 16 bytes for
/// a value, which may be two bytes long, and grows by doubling.
const FOR_EACH_BYTE: usize = 64;

/// What any value takes, however short its text or its stored form.
const AT_LEAST: usize = 16 * 1024;

/// Reads, and fails if that took more memory than in proportion to the bytes.
/// Nothing else may run meanwhile: the allocator counts for the whole process.
pub fn in_proportion<T>(bytes: &[u8], read: impl FnOnce() -> T) -> T {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let value = read();
    let taken = ALLOCATOR.peak_usage().saturating_sub(before);
    let most = bytes.len() * FOR_EACH_BYTE + AT_LEAST;
    assert!(taken <= most, "{taken} bytes of memory to read {} bytes", bytes.len());
    value
}
