use super::*;

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn a_customers_token_needs_the_customer() {
    let words = ["kontor", "token", "mint", "--org", "org_1", "--role", "Customer"];
    assert!(Cli::try_parse_from(words).is_err());
    assert!(Cli::try_parse_from(words.iter().copied().chain(["--customer", "C-1"])).is_ok());
}

#[test]
fn a_bench_of_a_running_server_needs_a_token() {
    assert!(Cli::try_parse_from(["kontor", "bench", "--url", "http://127.0.0.1:1"]).is_err());
    assert!(Cli::try_parse_from(["kontor", "bench", "--url", "http://127.0.0.1:1", "--token", "t"]).is_ok());
}

#[test]
fn concurrency_and_time_have_limits() {
    for (seconds, concurrency, fine) in
        [("1", "1", true), ("0", "1", false), ("3601", "1", false), ("1", "0", false), ("1", "1025", false)]
    {
        let words = ["kontor", "bench", "--seconds", seconds, "--concurrency", concurrency];
        assert_eq!(Cli::try_parse_from(words).is_ok(), fine, "{seconds} {concurrency}");
    }
}

#[test]
fn three_simulators_listen_where_they_are_told() {
    let listen = |given: &[&str]| {
        let words = ["kontor", "simulate"].iter().chain(given);
        match Cli::try_parse_from(words).expect("a command").command {
            Command::Simulate(args) => args.listen(),
            other => panic!("{other:?}"),
        }
    };
    let free: SocketAddr = ([127, 0, 0, 1], 0).into();
    assert_eq!(listen(&[]).expect("none is fine"), [free; 3]);
    let two = ["--listen", "127.0.0.1:9001", "--listen", "127.0.0.1:9002"];
    let ports = listen(&two).expect("two").map(|it| it.port());
    assert_eq!(ports, [9001, 9002, 0]);
    let four = ["--listen", "127.0.0.1:0"].repeat(4);
    let refused = listen(&four).expect_err("four are too many");
    assert_eq!(refused.exit_code(), 2);
    assert!(listen(&four[..6]).is_ok());
}
