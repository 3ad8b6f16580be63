//! Values that cannot have come from the engine: each is refused, and the
//! error says what and where.

use super::tree::Node;
use super::{Authorization, Form, Payer, PayerEvent, PaymentEvent, Record, StoredError, golden};

fn sample(file: &str, name: &str) -> Vec<u8> {
    let (_, bytes) = golden::read(file).into_iter().find(|(sample, _)| *sample == name).unwrap();
    bytes
}

/// Changes one place of a golden value, and expects this error of it.
fn refuse_changed<T: Form>(file: &str, name: &str, changes: &[(&[usize], Node)], expected: &str) {
    let mut tree = Node::of(&sample(file, name));
    for (path, node) in changes {
        *tree.at(path) = node.clone();
    }
    let error = T::of(&tree.stored()).expect_err(expected);
    let told = error.to_string();
    assert!(told.contains(expected), "{file} {name}: {told:?} instead of {expected:?}");
}

fn text(text: &str) -> Node {
    Node::Text(text.to_owned())
}

fn number(number: i64) -> Node {
    Node::Number(number.into())
}

fn money(minor: i64, code: &str) -> Node {
    Node::Array(vec![number(minor), text(code), number(2)])
}

#[test]
fn values_out_of_their_bounds() {
    let refuse = |path: &[usize], node: Node, expected: &str| {
        refuse_changed::<Authorization>("authorizations", "least_terms", &[(path, node)], expected);
    };
    refuse(&[1, 0], text(""), "merchant (at byte 5): an id must not be empty");
    refuse(&[1, 1], text(&"x".repeat(65)), "paymentId (at byte 7): an id has at most 64 characters");
    refuse(&[1, 2], text("a\u{85}b"), "payerId (at byte 9): an id must hold no control character");
    refuse(&[1, 1], text("p "), "neither start nor end with white space");
    refuse(&[1, 3, 0], number(-1), "amount (at byte 11): it is not from 0 to 10^18 - 1");
    refuse(&[1, 3, 0], number(1_000_000_000_000_000_000), "it is not from 0 to 10^18 - 1");
    refuse(&[1, 3, 0], number(0), "amount (at byte 16): it is 0");
    refuse(&[1, 3, 1], text("usd"), "currency (at byte 16): a currency code is three");
    refuse(&[1, 3, 1], text("USDT"), "a currency code is three ASCII capitals");
    refuse(&[1, 3, 2], number(19), "exponent is at most 18, and 19");
    refuse(&[1, 3, 2], number(258), "exponent is at most 18");
    refuse(&[1, 4, 0], number(i64::MAX), "expiresAt (at byte 18): an instant");
    refuse(&[1, 4, 0], number(i64::MIN), "expiresAt (at byte 18): an instant");
    refuse(&[1, 4, 1], number(0), "maxCaptures (at byte 27): it is 0");
    refuse(&[1, 4, 1], number(1 << 32), "maxCaptures (at byte 27): out of range");
    refuse(&[1, 4, 2], number(10_001), "more than 10000 hundredths");
    refuse(&[1, 4, 2], number(65_536), "more than 10000 hundredths");
    refuse(&[1, 4, 3], money(0, "USD"), "overcaptureLimit (at byte 38): it is 0");
    refuse(&[1, 4, 3], money(1, "EUR"), "the over-capture limit is in another currency");
    refuse(&[1, 4, 4], number(0), "no settlement has this number");
    refuse(&[1, 4, 4], number(3), "no settlement has this number");
    refuse(&[1, 4, 5], number(3), "no funding has this number");
    refuse(&[1, 4, 6], number(1), "last by default (at byte 38): it is of another type");
    refuse(&[2], Node::Number(1 << 63), "captured (at byte 39)");
    refuse(&[8], number(7), "closing (at byte 45): no closing has this number");
    refuse(&[9], number(0), "number (at byte 46): it is 0");
    refuse(&[0], text("b"), "authorization (at byte 2): there is no such kind");
}

#[test]
fn an_authorization_of_parts_that_do_not_fit() {
    let refuse = |changes: &[(&[usize], Node)], expected: &str| {
        refuse_changed::<Authorization>("authorizations", "three_in_process", changes, expected);
    };
    refuse(&[(&[2], number(-1))], "an amount is out of its bounds");
    refuse(&[(&[2], number(1_000)), (&[5], number(1))], "more is claimed than the ceiling");
    refuse(&[(&[2], number(i64::MAX)), (&[5], number(1))], "more is claimed than the ceiling");
    refuse(&[(&[4], number(i64::MAX))], "an amount is out of its bounds");
    refuse(&[(&[5], number(1))], "the counts and the amounts disagree");
    refuse(&[(&[6], number(51))], "more captures than the terms allow");
    refuse(&[(&[3], number(0)), (&[6], number(0)), (&[7], Node::Flag(true))], "a last capture is in process");
}

#[test]
fn a_payer_of_parts_that_do_not_fit() {
    let refuse = |changes: &[(&[usize], Node)], expected: &str| {
        refuse_changed::<Payer>("payers", "used", changes, expected);
    };
    refuse(&[(&[3], number(0))], "more is held than the balance");
    refuse(&[(&[3], number(-1))], "balance (at byte 18): it is of another type");
    refuse(
        &[(&[3], Node::Number(i128::MAX)), (&[4], number(-1))],
        "held (at byte 36): it is of another type",
    );
    refuse(&[(&[5], number(3))], "no status has this number");
    refuse(&[(&[6, 1], money(1, "EUR"))], "a limit is in another currency");
    refuse(&[(&[7, 1], number(0))], "the usage's count and sum disagree");
    refuse(&[(&[7, 2], number(0))], "the usage's count and sum disagree");
    refuse(&[(&[9], number(0))], "number (at byte 42): it is 0");
}

#[test]
fn capture_records_that_cannot_be() {
    let refuse = |name: &str, path: &[usize], node: Node, expected: &str| {
        refuse_changed::<Record>("records", name, &[(path, node)], expected);
    };
    refuse("abandoned", &[3, 0], number(4), "fate");
    refuse("refused_by_risk", &[3, 2], text("SUCCESS"), "no failure is recorded with this code");
    refuse("refused_by_risk", &[3, 2], text("PARAM_ILLEGAL"), "no failure is recorded with this code");
    refuse("refused_by_risk", &[3, 2], text("RISK_REJECTED"), "there is no such code");
    refuse("refused_by_risk", &[3, 1, 5], text("a\0b"), "extendInfo");
    refuse("refused_by_risk", &[3, 1, 5], text(&"x".repeat(4_097)), "extendInfo has more than 4096");
    refuse("refused_by_amount", &[3, 1, 2], money(2, "USD"), "is resolved to another");
    refuse("refused_by_amount", &[3, 1, 1], money(0, "USD"), "an amount is 0");
    refuse("succeeded", &[3, 1, 2], Node::Null, "another amount was accepted than was asked");
    refuse("succeeded", &[3, 2, 0, 1], money(401, "USD"), "another amount was accepted than was asked");
    refuse("succeeded", &[3, 2, 0, 2], Node::Flag(true), "isLastCapture is another than was asked");
    refuse("succeeded", &[3, 2, 1], number(1), "no capture is accepted so early");
    refuse("succeeded", &[3, 2, 1], Node::Number(1 << 63), "it is more than 2^63 - 1");
    refuse("succeeded", &[3, 2, 3, 1], money(401, "USD"), "more is captured than was asked");
    refuse("succeeded", &[3, 2, 3, 1], money(400, "EUR"), "or another currency");
    refuse("succeeded", &[3, 2, 3, 1], money(0, "USD"), "amount captured");
    refuse("succeeded", &[3, 2, 3, 2, 1], number(1_081), "offset");
    refuse("succeeded", &[3, 2, 3, 2, 1], number(65_536), "offset");
    refuse("failed", &[3, 2, 3, 1], text("CAPTURE_IN_PROCESS"), "no failure is recorded with this code");
    refuse("contradicted_in_process", &[3, 2, 4, 0], number(3), "contradiction");
}

#[test]
fn other_records_that_cannot_be() {
    let refuse = |name: &str, path: &[usize], node: Node, expected: &str| {
        refuse_changed::<Record>("records", name, &[(path, node)], expected);
    };
    refuse("authorize", &[1, 4, 3], money(1, "EUR"), "it is in another currency than the amount");
    refuse("authorize", &[2, 0], number(3), "result");
    refuse("void", &[5, 1], money(31, "USD"), "another amount is voided than was asked");
    refuse("void_of_all", &[5, 1], money(0, "USD"), "another amount is voided than was asked");
    refuse("void_refused", &[5, 1], text("SUCCESS"), "no failure is recorded with this code");
    refuse("void_refused", &[4, 1], money(0, "USD"), "amount to void");
    refuse("register_with_limits", &[2, 2, 1], money(1, "EUR"), "another currency than the balance");
    refuse("adjust_add", &[3, 0, 1], money(1, "EUR"), "another currency than the account");
    refuse("adjust_add", &[3, 0, 0], number(3), "funds");
    refuse("adjust_all", &[4, 1, 1], number(5), "it is more than the balance");
    refuse("cancel", &[0], text("Y"), "record");
}

#[test]
fn events_that_cannot_have_happened() {
    let refuse = |name: &str, path: &[usize], node: Node, expected: &str| {
        refuse_changed::<PaymentEvent>("payment_events", name, &[(path, node)], expected);
    };
    refuse("authorized", &[2], number(2), "just number 1 is Authorized");
    refuse("authorized", &[2], number(0), "it is 0");
    refuse("cancelled", &[2], number(1), "just number 1 is Authorized");
    refuse("every_term_and_long_ids", &[1, 4, 3], money(1, "USD"), "another currency than the amount");
    refuse("captured_in_part", &[4, 0], number(10), "what happened");
    refuse("captured_in_part", &[4, 5], money(249, "USD"), "another amount is captured than was asked");
    refuse("settled_with_less", &[4, 5], money(201, "USD"), "another amount is captured than was asked");
    refuse("captured_in_part", &[4, 5], money(250, "EUR"), "in another currency than the hold's");
    refuse("captured_last", &[4, 8], money(1, "EUR"), "in another currency than the hold's");
    refuse("captured_last", &[4, 8], Node::Null, "does not say what it releases");
    refuse("captured_last", &[4, 7], number(6), "it cannot close so");
    refuse("reversed_while_open", &[4, 5], money(251, "USD"), "more is reversed than was asked");
    refuse("voided_all", &[4, 3], number(1), "it cannot close so");
    refuse("full_by_the_deadline", &[4, 2], number(2), "it cannot close so");
    refuse("captured_with_payer", &[4, 2, 3], Node::Null, "counted in a usage window");
    refuse("captured_in_part", &[4, 3], number(3), "its capture was accepted by another event");
    refuse("captured_in_part", &[4, 4], number(0), "its capture was accepted by another event");
    refuse("captured_in_part", &[4, 3], number(1), "no capture is accepted so early");
    refuse("settled_with_less", &[4, 3], number(1_000), "its capture was accepted by another event");
    refuse("captured_in_part", &[1, 2], text("payer-1"), "counted in a usage window");
    refuse("failed_while_open", &[4, 5], text("SUCCESS"), "no failure is recorded with this code");

    let refuse = |name: &str, path: &[usize], node: Node, expected: &str| {
        refuse_changed::<PayerEvent>("payer_events", name, &[(path, node)], expected);
    };
    refuse("added", &[2], number(1), "just number 1 is PayerRegistered");
    refuse("registered_with_nothing", &[2], number(2), "just number 1 is PayerRegistered");
    refuse("added", &[4, 2, 3, 1], money(1, "EUR"), "it names two currencies");
}

/// Each value has one form: what CBOR allows besides is refused.
#[test]
fn other_forms_of_the_same_value() {
    let bytes = sample("authorizations", "least_terms");
    // The array of 11, "a", the hold's array of 5, the merchant "M", ...
    assert_eq!(bytes[..7], [1, 0x8b, 0x61, b'a', 0x85, 0x61, b'M']);
    let forms: [(&[u8], &str); 4] = [
        (&[1, 0x98, 11, 0x61, b'a', 0x85, 0x61, b'M'], "it is not in the fewest bytes"),
        (&[1, 0x9f, 0x61, b'a', 0x85, 0x61, b'M'], "its length is not given"),
        (&[1, 0x8b, 0x78, 1, b'a', 0x85, 0x61, b'M'], "it is not in the fewest bytes"),
        (&[1, 0x8b, 0x61, b'a', 0x85, 0x7f, 0x61, b'M', 0xff], "it is of another type"),
    ];
    for (form, expected) in forms {
        let told = Authorization::of(&[form, &bytes[7..]].concat()).unwrap_err().to_string();
        assert!(told.contains(expected), "{form:02x?}: {told}");
    }
    balances_with_a_needless_tag();
}

/// A bignum of 7 bytes is as long as the plain number.
fn balances_with_a_needless_tag() {
    let mut tree = Node::of(&sample("payers", "added"));
    *tree.at(&[3]) = number(1 << 50);
    let plain = tree.stored();
    assert!(Payer::of(&plain).is_ok());
    let at = plain.windows(2).position(|pair| pair == [0x1b, 0]).unwrap();
    let mut tagged = plain;
    tagged[at..at + 2].copy_from_slice(&[0xc2, 0x47]);
    let told = Payer::of(&tagged).unwrap_err().to_string();
    assert!(told.contains("it is a bignum without need"), "{told}");
}

#[test]
fn an_error_says_where() {
    let mut bytes = sample("payers", "added");
    let length = bytes.len();
    bytes.truncate(4);
    let problem = "the bytes end too early".to_owned();
    assert_eq!(Payer::of(&bytes), Err(StoredError::Damaged { what: "payerId", at: 4, problem }));
    assert!(length > 4);
    bytes.extend([0x61, 0xff]);
    let told = Payer::of(&bytes).unwrap_err().to_string();
    assert!(told.starts_with("payerId (at byte 4): ") && told.contains("utf-8"), "{told}");
}
