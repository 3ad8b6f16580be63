//! Where the choices of a history come from: random numbers, or the bytes of
//! a fuzzer.

/// A source of choices.
pub trait Choices {
    /// A number below this bound, which is not 0.
    fn below(&mut self, bound: u32) -> u32;

    /// Whether all further choices are the same.
    fn exhausted(&self) -> bool {
        false
    }

    fn one_in(&mut self, bound: u32) -> bool {
        self.below(bound) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u32) as usize]
    }

    /// One of these, as often as its weight says.
    fn weighted<T: Copy>(&mut self, all: &[(u32, T)]) -> T {
        let mut left = self.below(all.iter().map(|(weight, _)| weight).sum());
        for (weight, one) in all {
            if left < *weight {
                return *one;
            }
            left -= weight;
        }
        all[0].1
    }
}

/// SplitMix64: the same seed gives the same history with every version of
/// every crate.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Choices for Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (((mixed >> 32) * u64::from(bound)) >> 32) as u32
    }
}

/// A byte for a choice, two where there is more to choose from; nought when
/// all are taken.
#[derive(Clone, Debug)]
pub struct Bytes<'b>(pub &'b [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> u32 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        u32::from(*first)
    }
}

impl Choices for Bytes<'_> {
    fn below(&mut self, bound: u32) -> u32 {
        let low = self.byte();
        let high = if bound > 256 { self.byte() } else { 0 };
        (high * 256 + low) % bound
    }

    fn exhausted(&self) -> bool {
        self.0.is_empty()
    }
}
