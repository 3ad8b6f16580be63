//! Whatever the bytes: an error, or a value that is written as just these.

use super::samples::Named;
use super::tree::Node;
use super::{Authorization, Event, Form, Payer, PayerEvent, PaymentEvent, Record, StoredError, golden};

/// Reads the bytes as each kind. What is read must be written as it was.
fn read_as_everything(bytes: &[u8], what: &dyn std::fmt::Display) {
    fn read<T: Form>(bytes: &[u8], what: &dyn std::fmt::Display) {
        match T::of(bytes) {
            Ok(value) => {
                assert!(value.bytes() == bytes, "{what}: {} is written otherwise", golden::hex(bytes))
            }
            Err(error) => assert!(error.to_string().len() < 300, "{what}: {error}"),
        }
    }
    read::<Authorization>(bytes, what);
    read::<Payer>(bytes, what);
    read::<Record>(bytes, what);
    read::<PaymentEvent>(bytes, what);
    read::<PayerEvent>(bytes, what);
    read::<Event>(bytes, what);
}

fn all_golden() -> Named<Vec<u8>> {
    golden::FILES.into_iter().flat_map(|(file, _)| golden::read(file)).collect()
}

#[test]
fn a_truncated_value_is_refused() {
    for (name, bytes) in all_golden() {
        for length in 0..bytes.len() {
            let short = &bytes[..length];
            read_as_everything(short, &format_args!("{name} cut to {length}"));
            let anything = Event::of(short).is_ok()
                || Authorization::of(short).is_ok()
                || Payer::of(short).is_ok()
                || Record::of(short).is_ok();
            assert!(!anything, "{name} cut to {length} is read");
        }
    }
}

#[test]
fn a_flipped_bit_is_refused_or_another_value() {
    for (name, bytes) in all_golden() {
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            read_as_everything(&flipped, &format_args!("{name}, bit {bit}"));
        }
    }
}

#[test]
fn a_value_is_of_one_kind_only() {
    for (file, _) in golden::FILES {
        for (name, bytes) in golden::read(file) {
            let kinds = [
                ("authorizations", Authorization::of(&bytes).is_ok()),
                ("payers", Payer::of(&bytes).is_ok()),
                ("records", Record::of(&bytes).is_ok()),
                ("payment_events", PaymentEvent::of(&bytes).is_ok()),
                ("payer_events", PayerEvent::of(&bytes).is_ok()),
            ];
            for (kind, read) in kinds {
                assert_eq!(read, kind == file, "{file}: {name} as one of {kind}");
            }
        }
    }
}

#[test]
fn any_item_in_place_of_any_other_is_refused_or_another_value() {
    let strangers = [
        Node::Null,
        Node::Flag(true),
        Node::Number(0),
        Node::Number(-1),
        Node::Number(7),
        Node::Number(i128::from(i64::MIN)),
        Node::Number(i128::from(u64::MAX)),
        Node::Number(i128::MAX),
        Node::Text(String::new()),
        Node::Text("SUCCESS".to_owned()),
        Node::Text("x".repeat(5_000)),
        Node::Array(vec![]),
        Node::Array(vec![Node::Number(1)]),
    ];
    for (name, bytes) in all_golden() {
        let tree = Node::of(&bytes);
        assert_eq!(tree.stored(), bytes, "{name}");
        for path in tree.paths() {
            for stranger in &strangers {
                let mut changed = tree.clone();
                *changed.at(&path) = stranger.clone();
                read_as_everything(&changed.stored(), &format_args!("{name} {path:?} {stranger:?}"));
            }
        }
    }
}

#[test]
fn a_missing_or_an_added_element_is_refused() {
    for (name, bytes) in all_golden() {
        let tree = Node::of(&bytes);
        for path in tree.paths() {
            for longer in [false, true] {
                let mut changed = tree.clone();
                let Node::Array(nodes) = changed.at(&path) else { continue };
                if longer {
                    nodes.push(Node::Null);
                } else {
                    nodes.pop();
                }
                let changed = changed.stored();
                let what = format!("{name} {path:?} longer: {longer}");
                assert!(Record::of(&changed).is_err() && Event::of(&changed).is_err(), "{what}");
                assert!(Authorization::of(&changed).is_err() && Payer::of(&changed).is_err(), "{what}");
            }
        }
    }
}

#[test]
fn versions_that_are_not_known_are_told() {
    for (name, mut bytes) in all_golden() {
        bytes[0] = 2;
        let newer = StoredError::NewerVersion { found: 2 };
        assert_eq!(Authorization::of(&bytes), Err(newer.clone()), "{name}");
        assert_eq!(Payer::of(&bytes), Err(newer.clone()), "{name}");
        assert_eq!(Record::of(&bytes), Err(newer.clone()), "{name}");
        assert_eq!(PaymentEvent::of(&bytes), Err(newer.clone()), "{name}");
        assert_eq!(PayerEvent::of(&bytes), Err(newer.clone()), "{name}");
        assert_eq!(Event::of(&bytes), Err(newer), "{name}");
    }
    assert_eq!(Record::of(&[255]), Err(StoredError::NewerVersion { found: 255 }));
    assert_eq!(Record::of(&[]), Err(StoredError::Empty));
    assert!(matches!(Record::of(&[0, 0x80]), Err(StoredError::Damaged { what: "version", at: 0, .. })));
    let newer = StoredError::NewerVersion { found: 2 }.to_string();
    assert_eq!(newer, "stored in format version 2, and this crate reads none above 1: use a newer one");
}

#[test]
fn bytes_that_follow_are_refused() {
    for (name, mut bytes) in all_golden() {
        bytes.push(0);
        read_as_everything(&bytes, &name);
        let error = [
            Record::of(&bytes).err(),
            Event::of(&bytes).err(),
            Authorization::of(&bytes).err(),
            Payer::of(&bytes).err(),
        ]
        .into_iter()
        .flatten()
        .find(|error| error.to_string().ends_with("more bytes follow"));
        let at = bytes.len() - 1;
        assert!(matches!(error, Some(StoredError::Damaged { at: told, .. }) if told == at), "{name}");
    }
}

/// Heads of items that promise far more than there is, or never end.
#[test]
fn huge_lengths_and_deep_nesting_are_refused() {
    let huge: [&[u8]; 8] = [
        &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0xc2, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x9f],
        &[0x7f],
    ];
    for (name, bytes) in all_golden() {
        for at in 1..bytes.len().min(24) {
            for head in huge {
                let promised = [&bytes[..at], head, &bytes[at..]].concat();
                read_as_everything(&promised, &format_args!("{name} {head:02x?} at {at}"));
                read_as_everything(&promised[..at + head.len()], &format_args!("{name} {head:02x?} at {at}"));
            }
        }
    }
    for opener in [0x81, 0x9f, 0x82, 0xc2, 0xa1, 0x5f, 0x7f, 0xff] {
        let mut deep = vec![opener; 1_000_000];
        deep[0] = 1;
        read_as_everything(&deep, &format_args!("nested {opener:x}"));
    }
}

#[test]
fn random_bytes_are_refused() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    println!("seed {state:#x}");
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let golden = all_golden();
    for round in 0..20_000 {
        let length = next() % 64;
        let mut bytes: Vec<u8> = (0..length).map(|_| (next() >> 32) as u8).collect();
        if let Some(version) = bytes.first_mut() {
            *version = 1;
        }
        read_as_everything(&bytes, &format_args!("round {round}"));
        // The beginning of one value, then noise.
        let (_, whole) = &golden[next() as usize % golden.len()];
        let kept = next() as usize % whole.len();
        let mixed = [&whole[..kept], &bytes].concat();
        read_as_everything(&mixed, &format_args!("round {round}"));
    }
}
