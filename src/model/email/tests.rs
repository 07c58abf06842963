use super::*;

#[test]
fn same_person_however_spelled() {
    for (one, other) in [
        ("Ada@Example.com", "ada@example.COM"),
        ("ren\u{e9}@example.com", "RENE\u{301}@example.com"),
        ("a@b\u{fc}cher.example", "a@xn--bcher-kva.example"),
    ] {
        assert_eq!(
            Email::parse(one).unwrap().key(),
            Email::parse(other).unwrap().key(),
            "{one} and {other}"
        );
    }
}

#[test]
fn look_alikes_stay_two_people() {
    let latin = Email::parse("ada@example.com").unwrap();
    for other in ["\u{430}da@example.com", "ada+1@example.com"] {
        assert_ne!(latin.key(), Email::parse(other).unwrap().key(), "{other}");
    }
}

#[test]
fn the_spelling_is_kept() {
    assert_eq!(Email::parse("Ada@Example.com").unwrap().as_str(), "Ada@Example.com");
}

#[test]
fn what_is_no_address() {
    use EmailProblem::{At, Domain, Empty, Local, TooLong};
    let long = format!("{}@example.com", "a".repeat(65));
    let longer = format!("a@{}.example", "b.".repeat(130));
    for (text, problem) in [
        ("", Empty),
        ("  ", Empty),
        ("ada", At),
        ("ada@home@example.com", At),
        ("@example.com", Local),
        (".ada@example.com", Local),
        ("a..b@example.com", Local),
        ("\"ada\"@example.com", Local),
        ("Ada<ada@example.com", Local),
        (&long, Local),
        (&longer, TooLong),
        ("ada@", Domain),
        ("ada@example", Domain),
        ("ada@-example.com", Domain),
        ("ada@example..com", Domain),
        ("ada@exa_mple.com", Domain),
    ] {
        assert_eq!(Email::parse(text), Err(problem), "{text:?}");
    }
}

proptest::proptest! {
    #[test]
    fn the_short_cut_for_plain_domains_is_none(domain in "[a-zA-Z0-9.-]{0,24}") {
        if let Some(plain) = plain_domain(&domain) {
            proptest::prop_assert_eq!(Some(plain), idna::domain_to_ascii_strict(&domain).ok());
        }
    }
}

/// The fast path accepts every plain domain and no other.
#[test]
fn which_domains_are_plain() {
    let label = "a".repeat(63);
    let long = format!("{0}.{0}.{0}.{1}", label, "a".repeat(61));
    for domain in ["example.com", "Ex-ample.COM", "a.b", &format!("{label}.example"), &long] {
        assert_eq!(plain_domain(domain), Some(domain.to_ascii_lowercase()), "{domain}");
    }
    for domain in [
        "example",
        "example..com",
        "-example.com",
        "example-.com",
        "xn--bcher-kva.example",
        "b\u{fc}cher.example",
        "exa_mple.com",
        &format!("{label}a.example"),
        &format!("{long}a"),
    ] {
        assert_eq!(plain_domain(domain), None, "{domain}");
    }
    assert_eq!(ascii_domain("b\u{fc}cher"), None, "a domain has a dot");
    assert_eq!(EmailKey::from_address("Ada@Example.com").to_string(), "ada@example.com");
}

#[test]
fn how_long_an_address_may_be() {
    let local = "a".repeat(64);
    let of = |bytes: usize| {
        let rest = bytes - local.len() - 1;
        let domain = "b.".repeat((rest - 2) / 2);
        let filled = format!("{domain}{}", "cc".repeat(1 + (rest - 2) % 2));
        format!("{local}@{}", &filled[..rest])
    };
    assert_eq!(of(MAX_BYTES).len(), MAX_BYTES);
    assert!(Email::parse(&of(MAX_BYTES)).is_ok());
    assert_eq!(Email::parse(&of(MAX_BYTES + 1)), Err(EmailProblem::TooLong));
}

#[test]
fn masking_leaves_no_address() {
    assert_eq!(
        mask_addresses("no account <ada@example.com>, 404 from Jira"),
        "no account … 404 from Jira"
    );
    assert_eq!(mask_addresses("nothing to hide"), "nothing to hide");
}

#[test]
fn odd_addresses_in_jira_have_a_key_too() {
    assert_eq!(EmailKey::from_address("Root@Localhost").as_str(), "root@localhost");
}

/// Invisible and look-alike characters are reported by code point and position, before and after the `@`.
#[test]
fn text_no_eye_can_see_makes_no_other_person() {
    let read_as = |other: &str| CharacterProblem::ReadAs(other.to_owned());
    for (text, code_point, place, oddity) in [
        (" ada@example.com", "U+0020", 1, CharacterProblem::WhiteSpace),
        ("ada lovelace@example.com", "U+0020", 4, CharacterProblem::WhiteSpace),
        ("ada\u{a0}l@example.com", "U+00A0", 4, CharacterProblem::WhiteSpace),
        ("ada\u{2028}@example.com", "U+2028", 4, CharacterProblem::WhiteSpace),
        ("ada\u{0}@example.com", "U+0000", 4, CharacterProblem::Control),
        ("ada@exam\u{85}ple.com", "U+0085", 9, CharacterProblem::WhiteSpace),
        ("ada@exam\u{9f}ple.com", "U+009F", 9, CharacterProblem::Control),
        ("ada\u{200b}@example.com", "U+200B", 4, CharacterProblem::Invisible),
        ("ada@exam\u{200b}ple.com", "U+200B", 9, CharacterProblem::Invisible),
        ("ada\u{ad}@example.com", "U+00AD", 4, CharacterProblem::Invisible),
        ("ada@exam\u{ad}ple.com", "U+00AD", 9, CharacterProblem::Invisible),
        ("\u{feff}ada@example.com", "U+FEFF", 1, CharacterProblem::Invisible),
        ("a\u{200d}da@example.com", "U+200D", 2, CharacterProblem::Invisible),
        ("ada@ex\u{200c}ample.com", "U+200C", 7, CharacterProblem::Invisible),
        ("ada\u{2060}@example.com", "U+2060", 4, CharacterProblem::Invisible),
        ("ada\u{fe0f}@example.com", "U+FE0F", 4, CharacterProblem::Invisible),
        ("ada\u{202e}@example.com", "U+202E", 4, CharacterProblem::Invisible),
        ("ada\u{34f}@example.com", "U+034F", 4, CharacterProblem::Invisible),
        ("ada\u{3164}@example.com", "U+3164", 4, CharacterProblem::Invisible),
        ("ada\u{2800}@example.com", "U+2800", 4, CharacterProblem::Invisible),
        ("ada\u{e0061}@example.com", "U+E0061", 4, CharacterProblem::Invisible),
        ("ada\u{fffd}@example.com", "U+FFFD", 4, CharacterProblem::Replacement),
        ("ada@exa\u{fffd}mple.com", "U+FFFD", 8, CharacterProblem::Replacement),
        ("ada\u{fffc}@example.com", "U+FFFC", 4, CharacterProblem::Replacement),
        ("ada\u{e000}@example.com", "U+E000", 4, CharacterProblem::NotText),
        ("ada\u{fffe}@example.com", "U+FFFE", 4, CharacterProblem::NotText),
        ("ada\u{fff9}@example.com", "U+FFF9", 4, CharacterProblem::NotText),
        ("\u{ff41}da@example.com", "U+FF41", 1, read_as("a")),
        ("ada@\u{ff45}xample.com", "U+FF45", 5, read_as("e")),
        ("ada\u{ff20}example.com", "U+FF20", 4, read_as("@")),
        ("ada@example\u{3002}com", "U+3002", 12, read_as(".")),
        ("ada@example\u{ff0e}com", "U+FF0E", 12, read_as(".")),
        ("\u{17f}am@example.com", "U+017F", 1, read_as("s")),
        ("\u{212a}im@example.com", "U+212A", 1, read_as("K")),
        ("o\u{fb03}ce@example.com", "U+FB03", 2, read_as("ffi")),
        ("ada@e\u{b2}.example", "U+00B2", 6, read_as("2")),
    ] {
        let problem = Email::parse(text).expect_err(text);
        let character = code_point.trim_start_matches("U+");
        let character = char::from_u32(u32::from_str_radix(character, 16).unwrap()).unwrap();
        let expected = EmailProblem::Character(InvalidCharacter {
            character,
            position: place,
            problem: oddity,
        });
        assert_eq!(problem, expected, "{text:?}");
        let message = problem.to_string();
        assert!(
            message.contains(code_point) && message.ends_with(&format!("character {place}")),
            "{message}"
        );
    }
}

/// Upper case, both compositions and all alphabets are allowed.
#[test]
fn addresses_of_all_alphabets_stay_fine() {
    for text in [
        "Ada@Example.COM",
        "RENE\u{301}@example.com",
        "ren\u{e9}@B\u{dc}CHER.example",
        "a@bu\u{308}cher.example",
        "stra\u{df}e@stra\u{df}e.example",
        "STRA\u{1e9e}E@example.com",
        "\u{130}brahim@example.com",
        "\u{3b1}\u{3c3}\u{3c2}@example.com",
        "\u{438}\u{438}\u{306}@\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}.\u{440}\u{444}",
        "\u{7528}\u{6237}@\u{4f8b}\u{5b50}.\u{4e2d}\u{56fd}",
        "\u{3059}\u{3099}@\u{4f8b}.jp",
        "\u{1112}\u{1161}\u{11ab}@example.kr",
        "\u{92b}\u{93c}\u{958}@example.in",
        "\u{e2a}\u{e33}@\u{e2a}\u{e33}.\u{e44}\u{e17}\u{e22}",
        "\u{645}\u{62b}\u{627}\u{644}@\u{645}\u{62b}\u{627}\u{644}.\u{625}\u{62e}\u{62a}\u{628}\u{627}\u{631}",
        "\u{13a0}\u{13b3}\u{13a9}@example.com",
        "o\u{2019}brien@example.com",
        "smile\u{1f600}@example.com",
    ] {
        assert!(Email::parse(text).is_ok(), "{text:?}: {:?}", Email::parse(text));
    }
}

/// All spellings share one key, the file's own comes first, and only addresses with several cost several requests.
#[test]
fn one_address_in_every_spelling_it_has() {
    for (text, others) in [
        ("Ada@Example.com", &[][..]),
        (
            "a@B\u{fc}cher.example",
            &["a@xn--bcher-kva.example", "a@bu\u{308}cher.example"],
        ),
        (
            "a@xn--bcher-kva.example",
            &["a@b\u{fc}cher.example", "a@bu\u{308}cher.example"],
        ),
        ("Ren\u{e9}@example.com", &["Rene\u{301}@example.com"]),
        ("rene\u{301}@example.com", &["ren\u{e9}@example.com"]),
        ("\u{438}\u{432}@example.com", &[]),
    ] {
        let email = Email::parse(text).unwrap();
        let spellings = email.spellings();
        assert_eq!(spellings[0], text);
        assert_eq!(spellings[1..], *others, "{text}");
        for spelling in spellings {
            assert_eq!(EmailKey::from_address(&spelling), *email.key(), "{spelling}");
        }
    }
    let both = Email::parse("\u{e9}@b\u{fc}cher.example").unwrap();
    assert_eq!(both.spellings().len(), 6, "{:?}", both.spellings());
}

#[test]
fn a_masked_address_is_a_hidden_one() {
    let shown = |text: &str| super::visible_address(Some(text.to_owned()));
    for text in [
        "",
        " ",
        "ada at example dot com",
        "ada",
        "@example.com",
        "ada@",
        "Ada <ada@example.com>",
    ] {
        assert_eq!(shown(text), None, "{text:?}");
    }
    for text in ["ada@example.com", "root@localhost", "ada\u{200b}@example.com"] {
        assert_eq!(shown(text).as_deref(), Some(text));
    }
}
