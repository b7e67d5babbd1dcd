use super::*;

#[test]
fn passing_tombstones_skip_what_looks_at_the_value_and_go_to_every_sink() {
    let pass = || {
        let steps = chain().filter("%headers.kind == \"order\"").decode(JSON).filter(".a == 1").map(".b = 1");
        steps.map("%key = \"new\"").when(".a == 1").when("%topic == \"other\"").encode(Format::Json)
    };
    let sent = pass().run(&tombstone()).expect("not poison");
    assert_eq!(sent.iter().map(|sent| sent.sink).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(sent.iter().all(|sent| sent.value.is_none() && sent.key_text() == Some("new")));
    let other = Record { headers: vec![], ..tombstone() };
    assert_eq!(pass().run(&other), Ok(vec![]), "a filter on the envelope still filters");
}

#[test]
fn tombstones_can_be_dropped() {
    let drops = || chain().tombstones(Tombstones::Drop);
    assert_eq!(drops().run(&tombstone()), Ok(vec![]));
    assert_eq!(drops().one(&record("v")).text(), "v");
    // One that a map makes is wanted.
    assert_eq!(drops().map(". = null").one(&record("v")).value, None);
}

#[test]
fn tombstones_can_run_through_all_steps() {
    let run = || chain().tombstones(Tombstones::Run).decode(JSON);
    assert_eq!(run().filter("is_null(.)").one(&tombstone()).value, None);
    assert_eq!(run().filter("!is_null(.)").run(&tombstone()), Ok(vec![]));
    assert_eq!(run().when("is_null(.)").when("!is_null(.)").one(&tombstone()).sink, 0);
    assert_eq!(run().map(".deleted = true").one(&tombstone()).text(), "{\"deleted\":true}");
    let raw = chain().tombstones(Tombstones::Run).filter("is_null(.)").map(". = \"gone\"");
    assert_eq!(raw.one(&tombstone()).text(), "gone");
}

#[test]
fn a_tombstone_that_a_map_makes_is_a_tombstone_from_there_on() {
    let steps =
        chain().decode(JSON).map("if .gone == true { . = null }").map(".seen = true").filter(".seen == true");
    let sent = steps.when(".seen == false").run(&record("{\"gone\":true}")).expect("not poison");
    assert_eq!(sent.len(), 1, "it goes to every sink");
    assert_eq!(sent[0].value, None);
    let revived = chain().tombstones(Tombstones::Run).decode(JSON).map(". = null").map(".seen = true");
    assert_eq!(revived.one(&record("{}")).text(), "{\"seen\":true}");
}

#[test]
fn a_record_goes_to_every_sink_whose_when_holds() {
    let routes = || chain().decode(JSON).when(".a == 1").when("%partition == 3").when(".a == 2");
    let sinks = |text: &str| -> Vec<usize> {
        routes().run(&record(text)).expect("not poison").iter().map(|sent| sent.sink).collect()
    };
    assert_eq!(sinks("{\"a\":1}"), [0, 1]);
    assert_eq!(sinks("{\"a\":2}"), [1, 2]);
    assert_eq!(sinks("{}"), [1]);
    assert_eq!(chain().decode(JSON).when(".a == 1").run(&record("{}")), Ok(vec![]), "none: filtered");
}

#[test]
fn routes_read_what_the_maps_made() {
    let map = ".total_eur = round(to_float!(.total) * 0.92, precision: 2)\ndel(.debug)\n%key = .customer_id";
    let orders = || chain().decode(JSON).filter(".region == \"EU\"").map(map).encode(Format::Json);
    let text = "{\"region\":\"EU\",\"total\":\"20000\",\"debug\":1,\"customer_id\":\"c7\"}";
    let sent = orders().when(".total_eur > 10000").run(&record(text)).expect("not poison");
    assert_eq!(sent.len(), 2);
    let expected = "{\"customer_id\":\"c7\",\"region\":\"EU\",\"total\":\"20000\",\"total_eur\":18400.0}";
    assert_eq!((sent[1].text(), sent[1].key_text()), (expected, Some("c7")));
    let small = text.replace("20000", "20");
    assert_eq!(orders().when(".total_eur > 10000").one(&record(&small)).sink, 0);
}

#[test]
fn sinks_of_different_formats_get_their_own_encoding() {
    let record = record("say \"hi\"");
    let sent = chain().encode(Format::Raw).encode(Format::Json).run(&record).expect("not poison");
    assert_eq!((sent[0].text(), sent[1].text()), ("say \"hi\"", "\"say \\\"hi\\\"\""));
    let poison = chain()
        .decode(JSON)
        .map(".a = 1")
        .encode(Format::Json)
        .encode(Format::Raw)
        .poison(&super::record("{}"));
    assert_eq!((poison.stage, poison.step, poison.class), (Stage::Encode, Some(2), "raw_type"));
}
