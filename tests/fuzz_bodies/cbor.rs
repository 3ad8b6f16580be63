//! The other forms that CBOR allows of the same value: numbers and lengths in
//! more bytes than they need, and numbers as bignums.

/// The bytes with one item in another form, for each item that has one. The
/// bytes are the version and one item, as they are stored.
pub fn other_forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    let changed =
        |head: &Head, form: &[u8]| [&bytes[..head.at], form, &bytes[head.at + 1 + head.width..]].concat();
    let heads = heads(bytes);
    let longer = heads.iter().filter_map(|head| Some(changed(head, &head.longer()?)));
    let bignums = heads.iter().filter(|head| head.major == 0).map(|head| changed(head, &head.bignum()));
    longer.chain(bignums).collect()
}

/// The head of an item: where it begins, its type, and its argument in 0, 1,
/// 2, 4 or 8 bytes after the first one.
struct Head {
    at: usize,
    major: u8,
    width: usize,
    argument: u64,
}

impl Head {
    /// In the next width, if there is one.
    fn longer(&self) -> Option<Vec<u8>> {
        let (width, code) = match self.width {
            0 => (1, 24),
            1 => (2, 25),
            2 => (4, 26),
            4 => (8, 27),
            _ => return None,
        };
        let argument = self.argument.to_be_bytes();
        Some([&[self.major << 5 | code], &argument[8 - width..]].concat())
    }

    /// A number as a bignum of the fewest bytes.
    fn bignum(&self) -> Vec<u8> {
        let bytes = self.argument.to_be_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let length = (8 - zeros) as u8;
        [&[0xc2, 0x40 | length], &bytes[zeros..]].concat()
    }
}

/// All heads but those of simple values (`true`, `null`), in order. Tags and
/// arrays are followed by what they hold, so that all stand in one row.
fn heads(bytes: &[u8]) -> Vec<Head> {
    let mut heads = Vec::new();
    let mut at = 1;
    while let Some(first) = bytes.get(at) {
        let (major, code) = (first >> 5, first & 31);
        let width = match code {
            0..24 => 0,
            24..28 => 1 << (code - 24),
            _ => break,
        };
        let Some(after) = bytes.get(at + 1..at + 1 + width) else { break };
        let argument = match width {
            0 => u64::from(code),
            _ => after.iter().fold(0, |argument, byte| argument << 8 | u64::from(*byte)),
        };
        if major != 7 {
            heads.push(Head { at, major, width, argument });
        }
        let text = if matches!(major, 2 | 3) { usize::try_from(argument).unwrap_or(usize::MAX) } else { 0 };
        at = (at + 1 + width).saturating_add(text);
    }
    heads
}
