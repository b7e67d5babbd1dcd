//! Decimals: unscaled integers of any length in two's complement ↔ plain decimal notation.

/// The most digits of a decimal that is read or written. Turning bytes into digits takes time by the square of their
/// number: at this many, a tenth of a millisecond.
pub(in super::super) const DECIMAL_DIGITS_MAX: usize = 10_000;

/// Nine digits at a time fit an `u32`.
const CHUNK: u64 = 1_000_000_000;
const CHUNK_DIGITS: usize = 9;

/// An unscaled integer: its sign, and its digits without leading zeros (`0` for none).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Unscaled {
    is_negative: bool,
    digits: String,
}

/// Why a text is no decimal of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Misfit {
    /// It is no number in plain notation.
    NoNumber,
    /// It has digits behind the point that the scale has no place for.
    Scale,
    /// It has more digits than there may be.
    Digits,
}

/// Whether a number of this many digits fits this many bytes, whatever the digits are.
pub(in super::super) fn holds_digits(bytes: usize, digits: usize) -> bool {
    // The decimal logarithm of 2, in parts of 10^18, rounded down: no size that a value can have is near enough to a power of
    // ten for what is cut off to matter.
    const LOG10_OF_2: u128 = 301_029_995_663_981_195;
    const PARTS: u128 = 1_000_000_000_000_000_000;
    let bits = (8 * bytes as u128).saturating_sub(1);
    digits as u128 <= bits * LOG10_OF_2 / PARTS
}

impl Unscaled {
    /// What stands in `bytes`, the most significant byte first; `None` for nothing at all, and for more digits than are
    /// read.
    pub(in super::super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let first = *bytes.first()?;
        let sign = if first & 0x80 == 0 { 0x00 } else { 0xff };
        let start = bytes.iter().position(|byte| *byte != sign).unwrap_or(bytes.len());
        let significant = &bytes[start..];
        let is_negative = sign == 0xff;
        if significant.len() < 16 {
            let mut wide = [sign; 16];
            wide[16 - significant.len()..].copy_from_slice(significant);
            let digits = i128::from_be_bytes(wide).unsigned_abs().to_string();
            return Some(Self { is_negative, digits });
        }
        if significant.len() > DECIMAL_DIGITS_MAX / 2 {
            return None;
        }
        let mut limbs = limbs_of(significant, is_negative);
        let digits = digits_of(&mut limbs);
        (digits.len() <= DECIMAL_DIGITS_MAX).then_some(Self { is_negative, digits })
    }

    /// The shortest bytes that hold it.
    pub(in super::super) fn to_bytes(&self) -> Vec<u8> {
        if self.digits.len() <= 38 {
            let magnitude: i128 = self.digits.parse().expect("38 digits fit an i128");
            let wide = if self.is_negative { -magnitude } else { magnitude };
            return shortest(wide.to_be_bytes().to_vec());
        }
        let mut limbs: Vec<u32> = Vec::new();
        let head = self.digits.len() % CHUNK_DIGITS;
        let (first, rest) = self.digits.split_at(head);
        let chunks = rest.as_bytes().chunks(CHUNK_DIGITS);
        for chunk in std::iter::once(first.as_bytes()).filter(|first| !first.is_empty()).chain(chunks) {
            let mut carry = chunk.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
            for limb in &mut limbs {
                carry += u64::from(*limb) * CHUNK;
                *limb = (carry & u64::from(u32::MAX)) as u32;
                carry >>= 32;
            }
            limbs.extend(u32::try_from(carry).ok().filter(|carry| *carry != 0));
        }
        let mut bytes = vec![0];
        bytes.extend(limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()));
        if self.is_negative {
            negate(&mut bytes);
        }
        shortest(bytes)
    }

    /// How many digits it has.
    pub(in super::super) fn len(&self) -> usize {
        if self.digits == "0" { 0 } else { self.digits.len() }
    }

    /// In plain notation, with `scale` digits behind the point. A negative scale gives zeros before it.
    pub(in super::super) fn plain(&self, scale: i64) -> String {
        let scale_digits = usize::try_from(scale.unsigned_abs()).unwrap_or(usize::MAX);
        let digits = &self.digits;
        // As long as it becomes: with the point, and the zero before it.
        let length = match scale {
            ..=0 => digits.len().saturating_add(if digits == "0" { 0 } else { scale_digits }),
            _ => digits.len().max(scale_digits.saturating_add(1)).saturating_add(1),
        };
        let mut text = String::with_capacity(usize::from(self.is_negative) + length);
        if self.is_negative {
            text.push('-');
        }
        if scale <= 0 {
            text.push_str(digits);
            let zeros = if digits == "0" { 0 } else { scale_digits };
            text.extend(std::iter::repeat_n('0', zeros));
        } else if let Some(before) = digits.len().checked_sub(scale_digits).filter(|before| *before > 0) {
            text.push_str(&digits[..before]);
            text.push('.');
            text.push_str(&digits[before..]);
        } else {
            text.push_str("0.");
            text.extend(std::iter::repeat_n('0', scale_digits - digits.len()));
            text.push_str(digits);
        }
        text
    }

    /// Reads plain notation: a sign where there is one, digits, and perhaps a point with digits behind it. With it comes
    /// the number of those.
    pub(in super::super) fn parse(text: &str) -> Result<(Self, usize), Misfit> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (before, behind) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let lacks_digits = before.is_empty() || (behind.is_empty() && unsigned.ends_with('.'));
        if lacks_digits || !are_digits(before) || !are_digits(behind) {
            return Err(Misfit::NoNumber);
        }
        let number = Self::new(text.starts_with('-'), format!("{before}{behind}"));
        if number.digits.len() > DECIMAL_DIGITS_MAX || behind.len() > DECIMAL_DIGITS_MAX {
            return Err(Misfit::Digits);
        }
        Ok((number, behind.len()))
    }

    /// The same with exactly `scale` digits behind the point, and at most `precision` in all.
    pub(in super::super) fn parse_as(text: &str, precision: usize, scale: usize) -> Result<Self, Misfit> {
        let (number, behind) = Self::parse(text)?;
        let mut digits = number.digits;
        if behind > scale {
            let excess = behind - scale;
            let kept = digits.len().saturating_sub(excess);
            if digits[kept..].bytes().any(|digit| digit != b'0') {
                return Err(Misfit::Scale);
            }
            digits.truncate(kept);
        } else if digits != "0" {
            let zeros = scale - behind;
            if digits.len().saturating_add(zeros) > precision.min(DECIMAL_DIGITS_MAX) {
                return Err(Misfit::Digits);
            }
            digits.extend(std::iter::repeat_n('0', zeros));
        }
        let number = Self::new(number.is_negative, digits);
        if number.len() > precision { Err(Misfit::Digits) } else { Ok(number) }
    }

    fn new(is_negative: bool, mut digits: String) -> Self {
        let zeros = digits.bytes().take_while(|digit| *digit == b'0').count();
        digits.drain(..zeros);
        if digits.is_empty() {
            // There is no negative zero.
            return Self { is_negative: false, digits: "0".into() };
        }
        Self { is_negative, digits }
    }
}

/// The magnitude as numbers of 32 bits, the least significant first.
fn limbs_of(significant: &[u8], is_negative: bool) -> Vec<u32> {
    let mut magnitude = vec![if is_negative { 0xff } else { 0 }];
    magnitude.extend_from_slice(significant);
    if is_negative {
        negate(&mut magnitude);
    }
    let limb = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte));
    magnitude.rchunks(4).map(limb).collect()
}

/// The digits, by dividing until nothing is left.
fn digits_of(limbs: &mut Vec<u32>) -> String {
    let mut chunks = Vec::new();
    while let Some(last) = limbs.last() {
        if *last == 0 {
            limbs.pop();
            continue;
        }
        let mut rest = 0;
        for limb in limbs.iter_mut().rev() {
            rest = (rest << 32) | u64::from(*limb);
            *limb = u32::try_from(rest / CHUNK).expect("the rest before is smaller than the divisor");
            rest %= CHUNK;
        }
        chunks.push(rest);
    }
    let mut digits = chunks.pop().map_or_else(|| "0".to_owned(), |first| first.to_string());
    for chunk in chunks.iter().rev() {
        digits.push_str(&format!("{chunk:09}"));
    }
    digits
}

/// Two's complement.
fn negate(bytes: &mut [u8]) {
    let mut carries = true;
    for byte in bytes.iter_mut().rev() {
        let (sum, overflows) = (!*byte).overflowing_add(u8::from(carries));
        *byte = sum;
        carries = overflows;
    }
}

/// Without the bytes at the start that only repeat the sign.
fn shortest(mut bytes: Vec<u8>) -> Vec<u8> {
    let repeats = |pair: &[u8]| matches!(pair, [0x00, 0x00..=0x7f] | [0xff, 0x80..=0xff]);
    let excess = bytes.windows(2).take_while(|pair| repeats(pair)).count();
    bytes.drain(..excess);
    bytes
}

#[cfg(test)]
#[path = "decimal_tests.rs"]
mod tests;
