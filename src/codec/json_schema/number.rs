//! Numbers of a schema, and what is exact about them.

use std::cmp::Ordering;
use std::fmt;

/// A number as a schema has it. Never NaN or infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Written without fraction and exponent, and not longer than this.
    Integer(i128),
    /// All others.
    Float(f64),
}

impl Number {
    /// Which is greater, without rounding either.
    pub fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(&b),
            // Adding zero makes one zero of the two.
            (Self::Float(a), Self::Float(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Self::Integer(a), Self::Float(b)) => integer_with_float(a, b),
            (Self::Float(a), Self::Integer(b)) => integer_with_float(b, a).reverse(),
        }
    }

    /// Whether it has no fraction.
    pub fn is_whole(self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Float(float) => float.fract() == 0.0,
        }
    }

    /// Whether it is a multiple of `divisor`, both as the shortest decimal text has them: 4.35 is one of 0.01.
    pub fn is_multiple_of(self, divisor: Self) -> bool {
        let ((value, value_exponent), (unit, unit_exponent)) = (self.decimal(), divisor.decimal());
        if value == 0 {
            return true;
        }
        match value_exponent.checked_sub(unit_exponent) {
            Some(up @ 0..) => times_power_of_ten(value % unit, up, unit) == 0,
            // More digits behind the point than the unit has: ends where the value has no more factors of ten.
            Some(down) => {
                let power = 10_u128.checked_pow(down.unsigned_abs());
                power.and_then(|power| unit.checked_mul(power)).is_some_and(|unit| value % unit == 0)
            }
            None => false,
        }
    }

    /// Digits without a sign and a power of ten.
    fn decimal(self) -> (u128, i32) {
        match self {
            Self::Integer(integer) => (integer.unsigned_abs(), 0),
            Self::Float(float) => {
                let text = format!("{:e}", float.abs());
                let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let behind = digits.split_once('.').map_or(0, |(_, behind)| behind.len());
                let digits = digits.replace('.', "").parse().unwrap_or(0);
                let exponent: i32 = exponent.parse().unwrap_or(0);
                (digits, exponent - i32::try_from(behind).unwrap_or(0))
            }
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => integer.fmt(f),
            Self::Float(float) => float.fmt(f),
        }
    }
}

fn integer_with_float(integer: i128, float: f64) -> Ordering {
    // Where a float is beyond every i128, the cast gives the outermost one: that is not equal to it.
    if float >= i128::MAX as f64 {
        return Ordering::Less;
    }
    if float < i128::MIN as f64 {
        return Ordering::Greater;
    }
    let whole = float.trunc();
    integer.cmp(&(whole as i128)).then_with(|| (whole + 0.0).total_cmp(&(float + 0.0)))
}

/// `value` · 10^`power` modulo `unit`.
fn times_power_of_ten(value: u128, power: i32, unit: u128) -> u128 {
    (0..power).fold(value, |rest, _| if rest == 0 { 0 } else { times_ten(rest, unit) })
}

/// Below 2¹²⁷, ten times a number may not fit: doubled and added up, nothing overflows.
fn times_ten(rest: u128, unit: u128) -> u128 {
    let add = |a: u128, b: u128| if a >= unit - b { a - (unit - b) } else { a + b };
    let two = add(rest, rest);
    let four = add(two, two);
    add(add(four, four), two)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_floats_are_compared_without_rounding() {
        use Number::{Float, Integer};
        let two_53 = 9_007_199_254_740_992;
        for (a, b, expected) in [
            (Integer(1), Float(1.0), Ordering::Equal),
            (Integer(two_53 + 1), Float(two_53 as f64), Ordering::Greater),
            (Integer(two_53 - 1), Float(two_53 as f64), Ordering::Less),
            (Integer(-1), Float(-0.5), Ordering::Less),
            (Integer(0), Float(-0.5), Ordering::Greater),
            (Integer(0), Float(-0.0), Ordering::Equal),
            (Float(0.0), Float(-0.0), Ordering::Equal),
            (Float(-0.0), Float(0.0), Ordering::Equal),
            (Integer(i128::MAX), Float(1e300), Ordering::Less),
            (Integer(i128::MIN), Float(-1e300), Ordering::Greater),
        ] {
            assert_eq!((a.compare(b), b.compare(a)), (expected, expected.reverse()), "{a} {b}");
        }
    }

    #[test]
    fn multiples_are_those_of_the_decimal_text() {
        use Number::{Float, Integer};
        for (value, unit, expected) in [
            (Float(4.35), Float(0.01), true),
            (Float(4.355), Float(0.01), false),
            (Integer(10), Float(2.5), true),
            (Integer(10), Integer(3), false),
            (Float(1e300), Integer(3), false),
            (Float(3e300), Integer(3), true),
            (Float(1e-300), Float(1e-301), true),
            (Float(1e-301), Float(1e-300), false),
            (Integer(0), Float(0.7), true),
            (Integer(-9), Integer(3), true),
            (Float(1e300), Integer(i128::MAX), false),
        ] {
            assert_eq!(value.is_multiple_of(unit), expected, "{value} {unit}");
        }
    }
}
