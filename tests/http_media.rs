#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! The headers `Content-Type` and `Accept` in their many forms, as RFC 9110
//! reads them.

#[path = "support/edge.rs"]
mod edge;
#[path = "support/openssl.rs"]
mod openssl;

use edge::{Ask, Tested, calls, edge};

const TAKEN: &str = "SUCCESS";
const REFUSED: &str = "MEDIA_TYPE_NOT_ACCEPTABLE";

/// The two are not signed: one signature does for all.
fn expect(edge: &Tested, ask: &Ask, expected: &str, why: &str) {
    let before = calls(edge);
    assert_eq!(ask.code(edge), expected, "{why}: {:?}", shown(ask));
    assert_eq!(calls(edge) > before, expected == TAKEN, "{why}: {:?}", shown(ask));
}

fn shown(ask: &Ask) -> Vec<String> {
    let shown = |(name, value): &(String, Vec<u8>)| format!("{name}: {}", String::from_utf8_lossy(value));
    ask.headers.iter().map(shown).collect()
}

#[test]
fn a_body_is_json_in_utf_8_however_that_is_said() {
    let edge = edge();
    let ask = Ask::cent("c").signed();
    expect(&edge, &ask, TAKEN, "nothing is said");
    let table = [
        (TAKEN, "as it is", "application/json"),
        (TAKEN, "as the API's samples have it", "application/json; charset=UTF-8"),
        (TAKEN, "names and charsets have no case", "APPLICATION/JSON; CHARSET=utf-8"),
        (TAKEN, "names and charsets have no case", "Application/Json;Charset=Utf-8"),
        (TAKEN, "no blank", "application/json;charset=utf-8"),
        (TAKEN, "blanks around a semicolon", "application/json \t;\t charset=utf-8"),
        (TAKEN, "blanks around the value", " \tapplication/json; charset=utf-8 "),
        (TAKEN, "a value may be quoted", r#"application/json; charset="utf-8""#),
        (TAKEN, "a quoted letter is the letter", r#"application/json; charset="\ut\f-8""#),
        (TAKEN, "other parameters say nothing", "application/json; version=1; profile=\"a;b,c\""),
        (TAKEN, "every letter of a token", "application/json; a!#$%&'*+-.^_`|~=b!#$%&'*+-.^_`|~"),
        (TAKEN, "quoted text", "application/json; a=\"\\\"charset=ascii; \"; charset=utf-8"),
        (TAKEN, "quoted text outside of ASCII", "application/json; a=\"ä\""),
        (TAKEN, "an empty parameter", "application/json;"),
        (TAKEN, "empty parameters", "application/json; ;;charset=utf-8; ;"),
        (TAKEN, "the same charset twice", "application/json; charset=utf-8; charset=UTF-8"),
        (REFUSED, "it is there and says nothing", ""),
        (REFUSED, "another type", "text/json"),
        (REFUSED, "another type", "text/plain; charset=utf-8"),
        (REFUSED, "another subtype", "application/x-www-form-urlencoded"),
        (REFUSED, "another subtype", "application/jsonp"),
        (REFUSED, "another subtype", "application/json5"),
        (REFUSED, "a format on top of JSON", "application/problem+json"),
        (REFUSED, "a format on top of JSON", "application/json+x"),
        (REFUSED, "a format on top of JSON", "application/json+"),
        (REFUSED, "a range is no type", "application/*"),
        (REFUSED, "a range is no type", "*/*"),
        (REFUSED, "a list is no type", "application/json, application/json"),
        (REFUSED, "another charset", "application/json; charset=ISO-8859-1"),
        (REFUSED, "another charset", "application/json; charset=UTF-16"),
        (REFUSED, "no charset that is registered", "application/json; charset=utf8"),
        (REFUSED, "two charsets", "application/json; charset=utf-8; charset=ascii"),
        (REFUSED, "two charsets", "application/json; charset=ascii; charset=utf-8"),
        (REFUSED, "no value", "application/json; charset"),
        (REFUSED, "no value", "application/json; charset="),
        (REFUSED, "an empty value", "application/json; charset=\"\""),
        (REFUSED, "no blank around the equals sign", "application/json; charset =utf-8"),
        (REFUSED, "no blank around the equals sign", "application/json; charset= utf-8"),
        (REFUSED, "a quote that does not end", "application/json; charset=\"utf-8"),
        (REFUSED, "a quote that does not end", "application/json; charset=\"utf-8\\\""),
        (REFUSED, "text behind a quote", "application/json; charset=\"utf-8\"x"),
        (REFUSED, "two quotes", "application/json; charset=\"utf\"\"-8\""),
        (REFUSED, "other quotes", "application/json; charset='utf-8'"),
        (REFUSED, "no name", "application/json; =utf-8"),
        (REFUSED, "no parameter", "application/json charset=utf-8"),
        (REFUSED, "a comma for a semicolon", "application/json, charset=utf-8"),
        (REFUSED, "blanks in the type", "application / json"),
        (REFUSED, "no type", "/json"),
        (REFUSED, "no subtype", "application/"),
        (REFUSED, "no slash", "json"),
        (REFUSED, "two slashes", "application/json/json"),
        (REFUSED, "quoted", "\"application/json\""),
        (REFUSED, "escaped", "application%2Fjson"),
        (REFUSED, "nothing but parameters", ";charset=utf-8"),
        (REFUSED, "letters outside of ASCII", "application/jsön"),
        (REFUSED, "a letter that only looks alike", "application/j\u{17f}on"),
    ];
    for (expected, why, value) in table {
        expect(&edge, &ask.clone().header("Content-Type", value), expected, why);
    }
}

#[test]
fn an_answer_is_json_and_its_sender_may_say_so_in_many_ways() {
    let edge = edge();
    let ask = Ask::cent("c").signed();
    let java = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8";
    let table = [
        (TAKEN, "curl", "*/*"),
        (TAKEN, "Java", java),
        (TAKEN, "a browser", browser),
        (TAKEN, "axios", "application/json, text/plain, */*"),
        (TAKEN, "RestTemplate", "application/json, application/*+json"),
        (TAKEN, "as it is", "application/json"),
        (TAKEN, "names have no case", "APPLICATION/Json"),
        (TAKEN, "a range", "application/*"),
        (TAKEN, "the charset of the answer", "application/json; charset=UTF-8"),
        (TAKEN, "the charset of the answer", "application/json;charset=\"utf-8\""),
        (TAKEN, "the charset of the answer", "*/*;charset=utf-8"),
        (TAKEN, "an empty list is none", ""),
        (TAKEN, "an empty list is none", " \t"),
        (TAKEN, "an empty list is none", ","),
        (TAKEN, "an empty list is none", " , ,,"),
        (TAKEN, "empty elements", ",, application/json,,"),
        (TAKEN, "a comma in quotes", "text/html;a=\"b, c\\\", d\", application/json"),
        // Weights.
        (TAKEN, "any weight above 0", "application/json;q=1"),
        (TAKEN, "any weight above 0", "application/json;q=1.000"),
        (TAKEN, "any weight above 0", "application/json;q=0.5"),
        (TAKEN, "any weight above 0", "application/json;q=0.001"),
        (TAKEN, "any weight above 0", "application/json ; Q=0.1"),
        (TAKEN, "as Java writes it", "application/json;q=.2"),
        (TAKEN, "lower than others, and still", "text/html, application/json;q=0.1"),
        (REFUSED, "0 is not at all", "application/json;q=0"),
        (REFUSED, "0 is not at all", "application/json;q=0."),
        (REFUSED, "0 is not at all", "application/json;q=0.0"),
        (REFUSED, "0 is not at all", "application/json;q=0.000"),
        (REFUSED, "0 is not at all", "application/json; Q=0"),
        (REFUSED, "0 is not at all, as Java would write it", "application/json;q=.0"),
        (REFUSED, "0 is not at all", "*/*;q=0"),
        (REFUSED, "0 is not at all", "application/*;q=0.00"),
        // The closest range decides, wherever it stands.
        (REFUSED, "this type, not all", "*/*, application/json;q=0"),
        (REFUSED, "this type, not all", "application/json;q=0, */*"),
        (REFUSED, "this type, not its kin", "application/json;q=0, application/*, */*"),
        (REFUSED, "its kin, not all", "application/*;q=0, */*"),
        (TAKEN, "this type, not all", "application/json, */*;q=0"),
        (TAKEN, "this type, not its kin", "application/*;q=0, application/json;q=0.1"),
        (TAKEN, "its kin, not all", "*/*;q=0, application/*;q=.1"),
        (REFUSED, "with the charset, not without", "application/json;charset=utf-8;q=0, application/json"),
        (TAKEN, "with the charset, not without", "application/json;charset=utf-8, application/json;q=0"),
        (REFUSED, "a type is closer than a charset", "application/*;charset=utf-8, application/json;q=0"),
        (REFUSED, "a type is closer than a charset", "*/*;charset=utf-8, application/*;q=0"),
        (TAKEN, "said twice, once with yes", "application/json;q=0, application/json"),
        (TAKEN, "what is behind the weight is not of the range", "application/json;q=0.5;version=1"),
        (REFUSED, "the first weight is the weight", "application/json;q=0;q=1"),
        // Other types.
        (REFUSED, "another type", "text/html"),
        (REFUSED, "another type", "text/*"),
        (REFUSED, "another type", "text/json"),
        (REFUSED, "another type", "application/xml, text/html;q=0.9"),
        (REFUSED, "a format on top of JSON", "application/problem+json"),
        (REFUSED, "a format on top of JSON", "application/*+json"),
        (REFUSED, "another charset", "application/json;charset=ISO-8859-1"),
        (REFUSED, "a parameter that no answer has", "application/json;version=2"),
        (REFUSED, "a parameter that no answer has", "*/*;level=1"),
        // What cannot be read asks for nothing.
        (REFUSED, "no range", "*"),
        (REFUSED, "no range", "*/json"),
        (REFUSED, "no range", "json"),
        (REFUSED, "no range", "application"),
        (REFUSED, "no range", "application/json text/html"),
        (REFUSED, "no range", "application/json;q"),
        (REFUSED, "no range", "application/json;q="),
        (REFUSED, "no range", "application/json;q =1"),
        (REFUSED, "a quote that does not end", "text/html;a=\", application/json"),
        (REFUSED, "junk", ";"),
        (REFUSED, "junk", "\u{1F9FE}"),
        (TAKEN, "junk beside", "\u{1F9FE}, =, ;, /, application/json"),
    ];
    for (expected, why, value) in table {
        expect(&edge, &ask.clone().header("Accept", value), expected, why);
    }
}

#[test]
fn a_list_may_be_spread_over_headers_and_a_type_may_not() {
    let edge = edge();
    let ask = Ask::cent("c").signed();
    let json = "application/json";
    let two = |name: &str, values: [&str; 2]| ask.clone().header(name, values[0]).header(name, values[1]);
    expect(&edge, &two("Accept", ["text/html", json]), TAKEN, "a list");
    expect(&edge, &two("Accept", ["text/html", "text/plain"]), REFUSED, "a list");
    expect(&edge, &two("Accept", ["*/*", "application/json;q=0"]), REFUSED, "a list");
    expect(&edge, &two("Accept", ["", json]), TAKEN, "a list with an empty piece");
    expect(&edge, &two("Accept", ["", "text/html"]), REFUSED, "a list with an empty piece");
    expect(&edge, &two("Accept", ["", ""]), TAKEN, "an empty list");
    // A quote ends with its header.
    expect(&edge, &two("Accept", ["text/html;a=\"", json]), TAKEN, "a list");
    expect(&edge, &two("Content-Type", [json, json]), REFUSED, "one value");
    expect(&edge, &two("Content-Type", [json, "text/plain"]), REFUSED, "one value");
    expect(&edge, &two("Content-Type", ["", json]), REFUSED, "one value");
}

/// Each of these is read in a time that grows as it does.
#[test]
fn long_lists_are_read_once() {
    let edge = edge();
    let ask = Ask::cent("c").signed();
    for piece in
        [",", ";", "*/*;q=0,", "a/b;", "a/b;c=\"", "\\", "\"", "a/b;c=d;", "=", "/", "a/b;c=\"\\\"\","]
    {
        for header in ["Accept", "Content-Type"] {
            let long = piece.repeat((1 << 20) / piece.len());
            ask.clone().header(header, long).tell(&edge);
        }
    }
}
