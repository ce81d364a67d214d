//! A JSON text without its escapes, written into memory that is wiped.
//!
//! By hand, because the library keeps what it has unescaped in a buffer of its own, which nobody wipes.

use zeroize::Zeroizing;

/// The text between the quotes of a raw value; none where an escape is none, or half of a surrogate pair.
pub(super) fn unescaped(raw: &str) -> Option<Zeroizing<String>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    // No escape is shorter than what it stands for, so that it never has to grow.
    let mut text = Zeroizing::new(String::with_capacity(inner.len()));
    let mut left = inner.chars();
    while let Some(letter) = left.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        text.push(match left.next()? {
            kept @ ('"' | '\\' | '/') => kept,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let (letter, rest) = hex(left.as_str())?;
                left = rest.chars();
                letter
            }
            _ => return None,
        });
    }
    Some(text)
}

/// The letter that four hex digits stand for, or two times four with another escape between them; and what follows.
fn hex(text: &str) -> Option<(char, &str)> {
    let (high, rest) = unit(text)?;
    if !(0xd800..0xdc00).contains(&high) {
        return Some((char::from_u32(high)?, rest));
    }
    let (low, rest) = unit(rest.strip_prefix("\\u")?)?;
    let low = low.checked_sub(0xdc00).filter(|it| *it < 0x400)?;
    Some((char::from_u32(0x1_0000 + (high - 0xd800) * 0x400 + low)?, rest))
}

fn unit(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    let plain = digits.bytes().all(|it| it.is_ascii_hexdigit());
    Some((u32::from_str_radix(digits, 16).ok().filter(|_| plain)?, rest))
}

#[cfg(test)]
mod tests;
