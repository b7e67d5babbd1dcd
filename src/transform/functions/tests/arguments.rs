//! Arguments by the kinds that a parameter takes, as they are written in a program.

use vrl::compiler::Parameter;
use vrl::compiler::value::kind;

/// Texts that mean nothing, and texts that some function reads.
pub const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "Hello, World",
    "foo bar foo",
    "éß𝄞",
    "aZbZ",
    "key=value flag other=\"x y\" key=again",
    "a=1&b=&a=2&c",
    "?foo=bar&foo=baz&x[y]=z",
    "1",
    "-17",
    "3.25",
    "0x1f",
    "true",
    "null",
    "1s",
    "1h 30m",
    "10 MiB",
    "{\"a\": [1, 2.5, \"x\", null, true], \"b\": {\"c\": {}}}",
    "[1, [2, [3]]]",
    "\"text\"",
    "a: 1\nb: [x, ~]\n",
    "<a b=\"1\"><c>2</c><c/>text</a>",
    "<a/>",
    "<a>1</a>",
    "<a>true</a>",
    "{ :a => 1, \"b\" => [nil, 2.5, :c], :d => { :e => true } }",
    "x,\"y,z\",",
    "one \"two three\" [four] -",
    "aGVsbG8",
    "aGVsbG8=",
    "68656c6c6f",
    "a%20b%zz",
    "=?utf-8?b?SGVsbG8=?= world",
    "www.café.com",
    "xn--caf-dma.com",
    "utf-8",
    "euc-kr",
    "1.2.3.4",
    "1.2.3.0/24",
    "2001:db8::1",
    "::ffff:1.2.3.4",
    "/usr/local/bin/x.tar.gz",
    "k:v",
    "https://user:pw@example.com:8443/a/b?x=1&y#f",
    "mailto:a@b.c",
    "file:///etc",
    "3s6bnV5gPJeJcXcT",
    "%Y-%m-%d",
    "2021-01-02",
    "2021-01-02T03:04:05Z",
    "err",
    "notice",
    "auth",
    "123-45-6789",
    "$2 \\1 ${a}",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "curl/8.0",
    "cpu,host=A,region=uk usage=64i,on=true,load=0.5 1590488773254420000",
    "mem free=1",
    "CEF:0|v|p|1|100|name|10|src=1.2.3.4 cs1Label=l cs1=v msg=a\\=b",
    "CEF:0|v|p|1|100|name|10|cs1Label=l",
    "CEF:1|||||||",
    "I20210131 14:48:54.411655 15520 main.c++:9] Hello",
    "E0505 17:59:40.692994   28133 klog.go:70] hello",
    "127.0.0.1 bob frank [10/Oct/2000:13:55:36 -0700] \"GET /a.gif HTTP/1.0\" 200 2326",
    "- - - - - - -",
    "- - - [-] \"-\" - -",
    "- - - - - - - - -",
    "127.0.0.1 bob frank [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.0\" 200 2326 \"http://r/\" \"Mozilla\"",
    "127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] \"bad\" - - \"-\" \"-\"",
    "[01/Mar/2021:12:00:19 +0000] [ab:alert] [pid 4803:tid 3814] [client 147.159.108.175:24259] message",
    "[01/Mar/2021:12:00:19 +0000] [core:alert] [pid 4803] [client 1.2.3.4:24259] message",
    "- - - - ",
    "[01/Mar/2021:12:00:19 +0000] [m:error] [pid 35708:tid 4328636416] AH00124: text, referer http://x/",
    "172.17.0.1 - alice [01/Apr/2021:12:02:31 +0000] \"POST /x HTTP/1.1\" 404 153 \"http://l/\" \"UA\" \"2.75\"",
    "- - - [01/Apr/2021:12:02:31 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
    "172.17.0.1 - - [01/Apr/2021:12:02:31 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\" \"-\"",
    "2021/04/01 13:02:31 [error] 31#31: *1 open() \"/x\" failed, client: 1.2.3.4, server: l, request: \"POST / HTTP/1.1\", host: \"l:8081\"",
    "2021/04/01 13:02:31 [warn] 31#31: shutting down",
    "2021/06/03 09:30:50 [error] 32#6: *6 limiting requests, excess: 0.500 by zone \"z\", client: 1.2.3.4, server: s, request: \"GET / HTTP/1.1\", upstream: \"http://u\", host: \"h\", referrer: \"http://r\"",
    "0.0.0.0 - bob [18/Mar/2023:15:00:00 +0000] \"GET / HTTP/2.0\" 200 12312 \"https://r\" \"UA\" 462 0.050 [up] [] 10.0.0.1:3000 19437 0.049 200 752178ad",
    "- - - [18/Mar/2023:15:00:00 +0000] \"GET / HTTP/2.0\" 200 1 \"-\" \"-\" 462 0.050 [up] [alt] - - - - id",
    "http 2018-07-02T22:23:00.186641Z app/lb/50dc 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 \"GET http://e:80/ HTTP/1.1\" \"curl/7.46.0\" - - arn:aws:x \"Root=1-58337364\" \"-\" \"-\" 0 2018-07-02T22:22:48.364000Z \"forward\" \"-\" \"-\" \"10.0.0.1:80\" \"200\" \"-\" \"-\"",
    "h2 2018-07-02T22:23:00.186641Z - - - -1 -1 -1 - - 0 57 \"- http://e:80- -\" \"-\" ECDHE TLSv1.2 - \"-\" \"-\" \"-\" - 2018-07-02T22:22:48.364000Z \"-\" \"-\" \"-\" \"-\" \"-\" \"-\" \"-\" TID_1234",
    "2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
    "2 123456789010 eni-1 - - - - - - - 1431280876 1431280934 - NODATA",
    "version action packets",
    "2 ACCEPT 3",
    "<13>1 2020-03-13T20:45:38.119Z dynamicwireless.name non 2426 ID931 [exampleSDID@32473 iut=\"3\" eventID=\"1011\"] Try",
    "<34>1 2020-03-13T20:45:38Z - - - - - x",
    "<13>1 2020-03-13T20:45:38Z h a p m [message k=\"v\"][severity a=\"b\"] Try",
    "Mar 23 01:49:58 localhost sshd[1111]: Accepted publickey",
    "plain",
    "{\"owner\":\"1\",\"messageType\":\"DATA_MESSAGE\",\"logGroup\":\"g\",\"logStream\":\"s\",\"subscriptionFilters\":[\"f\"],\"logEvents\":[{\"id\":\"1\",\"timestamp\":1600110569039,\"message\":\"m\"}]}",
    "{\"owner\":\"1\",\"messageType\":\"CONTROL_MESSAGE\",\"logGroup\":\"\",\"logStream\":\"\",\"subscriptionFilters\":[],\"logEvents\":[]}",
    "%{INT:n} %{WORD:w}?",
    "(?P<a>x)?",
    "2020-10-02T23:22:12.223222Z info Hello world",
    "tag:a OR @b:>3",
];

const INTEGERS: &[&str] = &["-1", "0", "1", "2", "7"];

/// Numbers that are worked on, and are no measure of how much work is done.
const LARGE: &[&str] =
    &["1600000000", "-9223372036854775807", "9223372036854775807", "4294967295", "18446744073"];

const FLOATS: &[&str] = &["0.0", "-0.5", "2.0", "3.75", "100000000.5"];

const TIMESTAMPS: &[&str] =
    &["t'2021-02-03T04:05:06.789Z'", "t'1500-01-01T00:00:00Z'", "t'2900-01-01T00:00:00Z'"];

const REGEXES: &[&str] = &[
    "r''",
    "r'a'",
    "r'\\d+'",
    "r'(?P<x>foo)|(?P<y>[a-z])'",
    "r'^(?P<first>\\w*)(?P<z>Z)?(\\W(?P<rest>.*))?$'",
    "r'(?:(?P<many>o)|r)*'",
    "r'(?P<all>.*)'",
];

const ARRAYS: &[&str] = &[
    "[]",
    "[1, 2, 3]",
    "[\"a\", \"b\"]",
    "[\"a\"]",
    "[0]",
    "[\"b\", \"b\", 1, null]",
    "[null]",
    "[[1], [\"x\", 2]]",
    "[1.5, 2, true]",
    "[{\"key\": \"a\", \"value\": 1}]",
    "[{\"a\": 1}, {\"a\": \"x\", \"b\": []}]",
    "[[\"a\", 1], [\"b\", [2]]]",
    "[r'a', r'\\d+']",
    "[\"us_social_security_number\"]",
    "[t'2021-02-03T04:05:06Z', {}, \"\"]",
    "[\"%{INT:n}\", \"%{DATA:text}\"]",
];

const OBJECTS: &[&str] = &[
    "{}",
    "{\"a\": 1}",
    "{\"a\": \"x\", \"b\": null}",
    "{\"a\": {\"b\": [1, \"2\"]}, \"c\": [\"x\", {\"d\": 1}]}",
    "{\"a.b\": \"d\", \"a.c\": [1, 2], \"e\": {}}",
    "{\"a\": [1, \"x\"], \"b\": [\"y\"], \"c\": {\"d\": {\"e\": 1.5}}}",
    "{\"latitude\": 1.5, \"message\": \"m\", \"x\": true}",
];

/// What to give for a parameter; `is_first` says that it is what the function works on.
pub fn texts(parameter: &Parameter, is_first: bool) -> Vec<String> {
    let mut all = Vec::new();
    let mut take = |bit: u16, texts: &[&str]| {
        if parameter.kind & bit != 0 {
            all.extend(texts.iter().map(ToString::to_string));
        }
    };
    take(kind::INTEGER, INTEGERS);
    if is_first {
        take(kind::INTEGER, LARGE);
    }
    take(kind::FLOAT, FLOATS);
    take(kind::BOOLEAN, &["true", "false"]);
    take(kind::TIMESTAMP, TIMESTAMPS);
    take(kind::REGEX, REGEXES);
    take(kind::NULL, &["null"]);
    take(kind::ARRAY, ARRAYS);
    take(kind::OBJECT, OBJECTS);
    match parameter.enum_variants {
        Some(variants) => all.extend(variants.iter().map(|variant| quoted(variant.value))),
        None if parameter.kind & kind::BYTES != 0 => all.extend(TEXTS.iter().map(|text| quoted(text))),
        None => {}
    }
    all
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}
