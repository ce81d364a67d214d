//! Bodies that are packed, both ways (quickbooks-online.md §2.2).

use std::io::{Read as _, Write as _};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};

use crate::serve::Arrived;

/// The largest body once it is unpacked.
const MOST: u64 = 4 * 1024 * 1024;

/// A request's body as it was before it was packed.
pub(super) fn opened(request: &Arrived) -> Result<Vec<u8>, ()> {
    if !request.header("content-encoding").eq_ignore_ascii_case("gzip") {
        return Ok(request.body.to_vec());
    }
    let mut body = Vec::new();
    GzDecoder::new(&request.body[..]).take(MOST).read_to_end(&mut body).map_err(drop)?;
    Ok(body)
}

/// Packs an answer for whoever takes it packed.
pub(super) fn packed(request: &Arrived, body: &str) -> Option<Vec<u8>> {
    let mut taken = request.header("accept-encoding").split(',');
    if !taken.any(|it| it.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("gzip")) {
        return None;
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(body.as_bytes()).ok()?;
    packer.finish().ok()
}
