//! Size, depth, and a cost that is linear in the text.

use super::*;

/// Objects and arrays in turn.
fn nested(depth: usize) -> String {
    let mut text = String::new();
    for level in 0..depth {
        text.push_str(if level % 2 == 0 { "{\"a\":" } else { "[" });
    }
    text.push('1');
    for level in (0..depth).rev() {
        text.push(if level % 2 == 0 { '}' } else { ']' });
    }
    text
}

#[test]
fn depth_is_limited_in_arrays_and_objects_alike() {
    for limits in [Limits::BODY, Limits::LINE] {
        let depth = limits.depth;
        let deep = nested(depth);
        assert_eq!(verdict(deep.as_bytes(), limits), Ok(()));
        assert_eq!(
            verdict(nested(depth + 1).as_bytes(), limits),
            Err((Problem::TooDeep, depth.div_ceil(2) * 5 + depth / 2)),
        );
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let last = format!("{open}0{close}");
            let inner = |levels: usize| open.repeat(levels) + &last + &close.repeat(levels);
            let (fits, too_deep) = (inner(depth - 1), inner(depth));
            assert_eq!(verdict(fits.as_bytes(), limits), Ok(()));
            let offset = depth * open.len();
            let expected = Err((Problem::TooDeep, offset));
            assert_eq!(verdict(too_deep.as_bytes(), limits), expected);
        }
        // Side by side is not deep.
        let wide = format!("[{}[]]", "[],".repeat(1000));
        assert_eq!(verdict(wide.as_bytes(), limits), Ok(()));
    }
    let scalars_have_no_depth = Limits { bytes: 9, depth: 0 };
    assert_eq!(verdict(b"1", scalars_have_no_depth), Ok(()));
}

#[test]
fn a_hundred_thousand_openers_are_refused_at_the_limit() {
    let limits = Limits { bytes: 1 << 20, depth: 32 };
    let (refused, done) = work_of(|| verdict(&b"[".repeat(100_000), limits));
    assert_eq!(refused, Err((Problem::TooDeep, 32)));
    assert!(done < 200);
    let refused = verdict(&b"{\"a\":".repeat(100_000), limits);
    assert_eq!(refused, Err((Problem::TooDeep, 160)));
    // Where a host allows depth, the stack is not what bears it.
    let limits = Limits { bytes: 1 << 20, depth: 1 << 20 };
    let text = "[".repeat(100_000) + &"]".repeat(100_000);
    assert_eq!(verdict(text.as_bytes(), limits), Ok(()));
}

#[test]
fn size_is_limited_before_anything_else() {
    for limits in [Limits::BODY, Limits::LINE] {
        let fits = format!("\"{}\"", "x".repeat(limits.bytes - 2));
        assert_eq!(verdict(fits.as_bytes(), limits), Ok(()));
        let longer = fits + " ";
        let expected = Err((Problem::TooLong, limits.bytes));
        assert_eq!(verdict(longer.as_bytes(), limits), expected);
        assert_eq!(verdict(&vec![0xFF; limits.bytes + 1], limits), expected);
    }
}

#[test]
fn numbers_are_never_computed() {
    let digits = "9".repeat(10_000);
    for number in [
        digits.clone(),
        format!("-{digits}"),
        format!("0.{digits}"),
        format!("1e{digits}"),
        "1e999".into(),
        "-0".into(),
    ] {
        let text = format!("{{\"n\": {number} }}");
        let document = read(text.as_bytes()).unwrap();
        let value = document.root().as_object().unwrap().get("n").unwrap();
        assert_eq!(value.as_number(), Some(number.as_str()));
    }
}

#[test]
fn a_name_repeated_among_few_or_many_is_found_wherever_it_stands() {
    for count in 2..40 {
        for first in 0..count {
            for second in first + 1..count {
                let name = |place: usize| match place {
                    _ if place == second => format!("\"\\u006e{first}\""),
                    _ => format!("\"n{place}\""),
                };
                let members: Vec<_> = (0..count).map(|at| name(at) + ":{\"n0\":0}").collect();
                let text = format!("{{{}}}", members.join(","));
                let malformed = read(text.as_bytes()).unwrap_err();
                assert_eq!(malformed.problem, Problem::RepeatedName);
                assert_eq!(malformed.offset, text.find("\"\\u").unwrap());
                assert_eq!(malformed.field.unwrap().as_ref(), format!("n{first}"));
            }
        }
    }
}

#[test]
fn ten_thousand_names_cost_linear_time() {
    let members: Vec<_> = (0..10_000).map(|n| format!("\"n{n}\":0")).collect();
    let text = format!("{{{}}}", members.join(","));
    let (accepted, done) = work_of(|| verdict(text.as_bytes(), Limits::LINE));
    assert_eq!(accepted, Ok(()));
    assert!(done < 2 * text.len(), "{done} for {}", text.len());
    let text = text.replace("\"n9999\"", "\"n\\u0030\"");
    let malformed = Document::parse(text.as_bytes(), Limits::LINE).unwrap_err();
    assert_eq!(malformed.problem, Problem::RepeatedName);
    assert_eq!(malformed.field.as_deref(), Some("n0"));
}

/// Fills a body with what an attacker might send.
fn adversarial() -> Vec<(&'static str, String)> {
    let room = Limits::BODY.bytes;
    let fill = |start: &str, piece: &dyn Fn(usize) -> String, end: &str| {
        let mut text = start.to_string();
        for n in 0.. {
            let next = piece(n);
            if text.len() + next.len() + end.len() > room {
                break;
            }
            text += &next;
        }
        text + end
    };
    let few = |count: usize, size: usize| {
        let long = "x".repeat(size);
        let members: Vec<_> = (0..count).map(|n| format!("\"{long}{n}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    let nine: Vec<_> = (0..9).map(|n| format!("\"\\u006{n}\":0")).collect();
    let nine = nine.join(",");
    let within = |inner: String| {
        let around = (0..31).fold(inner, |inner, _| format!("{{\"a\":{inner}}}"));
        assert!(around.len() <= room);
        around
    };
    vec![
        ("white space", " ".repeat(room - 1) + "0"),
        ("one string", format!("\"{}\"", "x".repeat(room - 2))),
        ("escapes", format!("\"{}\"", "\\n".repeat(room / 2 - 1))),
        ("quotes", fill("[0", &|_| ",\"\"".into(), "]")),
        ("numbers", fill("[0", &|_| ",0".into(), "]")),
        ("digits", "1".repeat(room)),
        ("empty objects", fill("[0", &|_| ",{}".into(), "]")),
        ("names", fill("{\"\":0", &|n| format!(",\"{n:x}\":0"), "}")),
        ("8 long names", few(8, 8_000)),
        ("60 long names", few(60, 1_000)),
        ("8 names, often", fill("[0", &|_| format!(",{}", few(8, 3)), "]")),
        ("9 names, often", fill("[0", &|_| format!(",{{{nine}}}"), "]")),
        ("escaped names", fill("{\"\":0", &|n| format!(",\"\\u0061{n:x}\":0"), "}")),
        ("8 long names, deep", within(few(8, 8_000))),
        (
            "names at every level",
            (0..31).fold("0".into(), |inner, _| {
                fill("{", &|n| if n < 200 { format!("\"{n}\":0,") } else { " ".repeat(room) }, "")
                    + &format!("\"a\":{inner}}}")
            }),
        ),
        ("a late fault", "[".to_string() + &"\"\",".repeat(room / 3 - 1) + "]"),
    ]
}

#[test]
fn adversarial_bodies_cost_linear_time() {
    for (title, text) in adversarial() {
        let limits = Limits::LINE;
        let (outcome, done) = work_of(|| verdict(text.as_bytes(), limits));
        assert_eq!(outcome.is_err(), title == "a late fault", "{title}");
        assert!(done <= 10 * text.len(), "{title}: {done} for {}", text.len());
    }
}
