// The quirks that change the base string: each makes one kind of client pass, and nothing else.

#include <doctest/doctest.h>

#include <string>

#include "tests/verify/clients.h"

using namespace verify;
using namespace verify::testing;

TEST_CASE("Mastercard's body hash, left as it is, passes with its quirk alone") {
  const Row row{"",
                {.authorization = kField + R"(, oauth_body_hash="2jmj7l5r/Y+Bwk=")"},
                "GET&" + kHost + "%2F&oauth_body_hash%3D2jmj7l5r%2FY%2BBwk%3D%26" + kOwn};
  CHECK(outcome(row) == Reason::SignatureInvalid);
  CHECK(outcome(row, "cs&ts", with_quirk(Quirk::RawBodyHash)) == std::nullopt);
  CHECK(outcome(row, "cs&tx", with_quirk(Quirk::RawBodyHash)) == Reason::SignatureInvalid);
  // Encoded in the header, the value is the same.
  const Row encoded{
      "", {.authorization = kField + R"(, oauth_body_hash="2jmj7l5r%2FY%2BBwk%3D")"}, row.base};
  CHECK(outcome(encoded, "cs&ts", with_quirk(Quirk::RawBodyHash)) == std::nullopt);
}

TEST_CASE("what Canvas repeats of the query in the form is signed once, with its quirk alone") {
  const std::string root = "POST&" + kHost + "%2F&";
  const Requirement quirk = with_quirk(Quirk::QueryInForm);
  const Row row{
      "",
      {.method = "POST", .target = "/?course=a%20b&tool=1", .form = "tool=1&course=a+b&" + kPairs},
      root + "course%3Da%2520b%26" + kOwn + "%26tool%3D1"};
  CHECK(outcome(row) == Reason::SignatureInvalid);
  CHECK(outcome(row, "cs&ts", quirk) == std::nullopt);
  // The same name with another value is another parameter, and each repeat takes one away.
  const Row others{
      "",
      {.method = "POST", .target = "/?a=1&b=1&c=1&c=1&d=1", .form = "a=2&b=1&b=1&c=1&" + kPairs},
      root + "a%3D1%26a%3D2%26b%3D1%26b%3D1%26c%3D1%26c%3D1%26d%3D1%26" + kOwn};
  CHECK(outcome(others, "cs&ts", quirk) == std::nullopt);
  // A header's parameter is no part of either.
  const Row header{"",
                   {.method = "POST", .authorization = kField + R"(, a="1")", .form = "a=1"},
                   root + "a%3D1%26a%3D1%26" + kOwn};
  const Bounds passed_on{.authorization_passed_on = true};
  CHECK(outcome(header, "cs&ts", quirk, passed_on) == std::nullopt);
  const Row dropped{"", header.request, root + "a%3D1%26" + kOwn};
  CHECK(outcome(dropped, "cs&ts", quirk, passed_on) == Reason::SignatureInvalid);
}

TEST_CASE("line ends that a browser made CRLF are signed as LF, in form values, with their quirk") {
  const std::string post = "POST&" + kHost + "%2F&";
  const Requirement quirk = with_quirk(Quirk::CrlfFields);
  const Row row{"",
                {.method = "POST", .form = "text=a%0D%0Ab%0d%0a%0D%0Ac%0D&" + kPairs},
                post + kOwn + "%26text%3Da%250Ab%250A%250Ac%250D"};
  CHECK(outcome(row) == Reason::SignatureInvalid);
  CHECK(outcome(row, "cs&ts", quirk) == std::nullopt);
  const Row elsewhere{
      "",
      {.method = "POST", .target = "/?q=%0D%0A", .form = "n%0D%0A=1&x=%250D%250A&" + kPairs},
      post + "n%250D%250A%3D1%26" + kOwn + "%26q%3D%250D%250A%26x%3D%25250D%25250A"};
  CHECK(outcome(elsewhere, "cs&ts", quirk) == std::nullopt);
  // Values of one name sort as they are signed.
  const Row sorted{"",
                   {.method = "POST", .form = "a=%0D%0Az&a=%0C&" + kPairs},
                   post + "a%3D%250Az%26a%3D%250C%26" + kOwn};
  CHECK(outcome(sorted, "cs&ts", quirk) == std::nullopt);
}

namespace {

// A request that every quirk of the base string would read in another way, and those ways.
Request all_three() {
  return {.method = "POST",
          .target = "/?a=1",
          .form = "a=1&b=%0D%0A&" + with(kPairs, "key=k", "key=k%21")};
}

std::string base_with(QuirkSet quirks) {
  const std::string own =
      with(kOwn, "key%3Dk", quirks.has(Quirk::RawBodyHash) ? "key%3Dk%21" : "key%3Dk%2521");
  return "POST&" + kHost + "%2F&a%3D1%26" + (quirks.has(Quirk::QueryInForm) ? "" : "a%3D1%26") +
         (quirks.has(Quirk::CrlfFields) ? "b%3D%250A%26" : "b%3D%250D%250A%26") + own;
}

QuirkSet set_of(unsigned bits) {
  QuirkSet out;
  for (int i = 0; i < kQuirkCount; ++i) {
    if (bits >> i & 1) out.add(static_cast<Quirk>(i));
  }
  return out;
}

}  // namespace

TEST_CASE(
    "quirks add readings: with any set of them its parts are right, RFC 5849's own among them") {
  for (unsigned allowed = 0; allowed < 1u << kQuirkCount; ++allowed) {
    Requirement requirement = kNoToken;
    requirement.quirks = set_of(allowed);
    for (const unsigned used : {0u, 2u, 4u, 6u, 8u, 10u, 12u, 14u}) {
      CAPTURE(allowed);
      CAPTURE(used);
      const Row row{"", all_three(), base_with(set_of(used))};
      CHECK(outcome(row, "cs&ts", requirement) ==
            ((used & ~allowed) == 0 ? std::nullopt : std::optional(Reason::SignatureInvalid)));
    }
  }
}

TEST_CASE(
    "a launch that signed CRLF is right with the quirks of LTI, and so is one that signed LF") {
  Requirement lti = with_quirk(Quirk::CrlfFields);
  lti.quirks.add(Quirk::QueryInForm);
  const std::string post = "POST&" + kHost + "%2F&";
  for (const std::string end : {"%250A", "%250D%250A"}) {
    const Row once{"",
                   {.method = "POST", .target = "/?c=1", .form = "c=1&t=a%0D%0Ab&" + kPairs},
                   post + "c%3D1%26" + kOwn + "%26t%3Da" + end + "b"};
    CHECK(outcome(once, "cs&ts", lti) == std::nullopt);
    const Row twice{"", once.request, post + "c%3D1%26c%3D1%26" + kOwn + "%26t%3Da" + end + "b"};
    CHECK(outcome(twice, "cs&ts", lti) == std::nullopt);
    CHECK(outcome(once, "cs&tx", lti) == Reason::SignatureInvalid);
  }
  // With LF in its place, a value of the form repeats one of the query.
  const Row repeated{"",
                     {.method = "POST", .target = "/?t=a%0Ab", .form = "t=a%0D%0Ab&" + kPairs},
                     post + kOwn + "%26t%3Da%250Ab"};
  CHECK(outcome(repeated, "cs&ts", lti) == std::nullopt);
  CHECK(outcome(repeated, "cs&ts", with_quirk(Quirk::CrlfFields)) == Reason::SignatureInvalid);
}

TEST_CASE("quirks that don't concern the base string leave it as it is") {
  const Row row{"",
                {.method = "POST", .target = "/?a=1", .form = "a=1&b=%0D%0A&" + kPairs},
                "POST&" + kHost + "%2F&a%3D1%26a%3D1%26b%3D%250D%250A%26" + kOwn};
  CHECK(outcome(row, "cs&ts", with_quirk(Quirk::Milliseconds)) == std::nullopt);
  CHECK(outcome(row, "cs&ts", with_quirk(Quirk::RawBodyHash)) == std::nullopt);
}
