use proptest::prelude::*;

use super::*;

fn plain(bytes: &[u8], scale: i64) -> String {
    Unscaled::from_bytes(bytes).expect("it can be read").plain(scale)
}

#[test]
fn the_scale_is_kept() {
    assert_eq!(plain(&[0xfb, 0x32], 2), "-12.30");
    assert_eq!(plain(&[7], 0), "7");
    assert_eq!(plain(&[7], 3), "0.007");
    assert_eq!(plain(&[0], 2), "0.00");
    assert_eq!(plain(&[0xff], 1), "-0.1");
    assert_eq!(plain(&[12], -2), "1200");
    assert_eq!(plain(&[0], -2), "0");
}

#[test]
fn the_widest_numbers_are_read_at_each_side_of_the_short_way() {
    assert_eq!(plain(&i128::MIN.to_be_bytes(), 0), i128::MIN.to_string());
    assert_eq!(plain(&i128::MAX.to_be_bytes(), 0), i128::MAX.to_string());
    let mut wide = vec![0x01];
    wide.extend([0; 16]);
    assert_eq!(plain(&wide, 0), "340282366920938463463374607431768211456");
    assert_eq!(Unscaled::from_bytes(&[]), None);
    assert_eq!(Unscaled::from_bytes(&[1; 6_000]), None);
}

#[test]
fn a_text_must_fit_scale_and_precision() {
    let of = |text: &str| Unscaled::parse_as(text, 4, 2).map(|number| number.plain(2));
    assert_eq!(of("12.3"), Ok("12.30".into()));
    assert_eq!(of("-99.99"), Ok("-99.99".into()));
    assert_eq!(of("+7"), Ok("7.00".into()));
    assert_eq!(of("0012.3000"), Ok("12.30".into()));
    assert_eq!(of("-0.000"), Ok("0.00".into()));
    assert_eq!(of("0.001"), Err(Misfit::Scale));
    assert_eq!(of("100"), Err(Misfit::Digits));
    for text in ["", "-", "1.", ".1", "1e3", "1_0", "inf", "1.2.3", " 1", "--1", "1.-2"] {
        assert_eq!(of(text), Err(Misfit::NoNumber), "{text}");
    }
}

#[test]
fn more_digits_than_are_handled_are_refused() {
    let long = "9".repeat(DECIMAL_DIGITS_MAX + 1);
    assert_eq!(Unscaled::parse(&long), Err(Misfit::Digits));
    assert_eq!(Unscaled::parse_as("1", usize::MAX, usize::MAX / 2), Err(Misfit::Digits));
    let longest = Unscaled::parse(&long[1..]).expect("it fits").0;
    assert_eq!(Unscaled::from_bytes(&longest.to_bytes()), Some(longest));
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(text in "-?[1-9][0-9]{0,120}") {
        let number = Unscaled::parse(&text).expect("it is a number").0;
        let bytes = number.to_bytes();
        prop_assert_eq!(plain(&bytes, 0), text);
        prop_assert_eq!(shortest(bytes.clone()), bytes);
    }

    #[test]
    fn integers_are_what_rust_has_them_for(number: i128) {
        prop_assert_eq!(plain(&number.to_be_bytes(), 0), number.to_string());
        let bytes = Unscaled::parse(&number.to_string()).expect("it is a number").0.to_bytes();
        prop_assert_eq!(plain(&bytes, 0), number.to_string());
    }
}

#[test]
fn digits_fit_bytes_as_the_specification_counts_them() {
    for (bytes, digits) in [(0, 0), (1, 2), (2, 4), (3, 6), (4, 9), (8, 18), (9, 21), (16, 38), (32, 76)] {
        assert!(holds_digits(bytes, digits), "{digits} digits in {bytes} bytes");
        assert!(!holds_digits(bytes, digits + 1), "{} digits in {bytes} bytes", digits + 1);
    }
    assert!(holds_digits(usize::MAX, usize::MAX));
}
