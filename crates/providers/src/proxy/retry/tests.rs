use super::*;
use crate::http::{Certificate, Headers, stream::Download};

fn answer(status: u16, after: Option<&str>) -> Incoming {
    let headers = after.map(|it| ("retry-after", it));
    Incoming { status, headers: Headers::of(headers.as_slice()), body: Download::empty() }
}

#[tokio::test]
async fn an_answer_that_says_not_now_is_asked_for_again_within_bounds() {
    for (status, after, expected) in [
        (429, Some("0"), Some(Duration::ZERO)),
        (429, Some("5"), Some(LONGEST)),
        (429, Some("6"), None),
        (503, Some("Wed, 21 Oct 2015 07:28:00 GMT"), None),
        (503, Some("-1"), None),
        (503, None, Some(FIRST)),
        (502, None, Some(FIRST)),
        (504, None, Some(FIRST)),
        (500, None, None),
        (404, None, None),
        (401, None, None),
        (302, Some("1"), None),
        (200, Some("1"), None),
    ] {
        assert_eq!(wait(Ok(&answer(status, after)), 1), expected, "{status} {after:?}");
    }
    let busy = answer(503, None);
    let waits: Vec<_> = (1..=TRIES).map(|tried| wait(Ok(&busy), tried)).collect();
    assert_eq!(waits, [Some(FIRST), Some(FIRST * 2), None]);
}

#[test]
fn what_will_fail_again_is_not_tried_again() {
    for (failure, again) in [
        (Failure::NotSent, true),
        (Failure::NotResolved, true),
        (Failure::Cut, true),
        (Failure::TimedOut, false),
        (Failure::TooLarge, false),
        (Failure::Unfit, false),
        (Failure::UploadCut, false),
        (Failure::UploadTooLarge, false),
        (Failure::Certificate(Certificate::Untrusted), false),
    ] {
        assert_eq!(wait(Err(&failure), 1).is_some(), again, "{failure}");
        assert_eq!(wait(Err(&failure), TRIES), None);
    }
}
