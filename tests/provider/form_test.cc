#include "gateway/provider/form.h"

#include <doctest/doctest.h>

using gateway::provider::Form;
using gateway::provider::form_encoded;
using gateway::provider::query_of;

TEST_CASE("a form's fields are decoded, the first of a name counts, and all of them can be had") {
  const auto form = Form::parse("a=1&realm=x+y&realm=%C3%A9&a=2&bare&=nameless&c=");
  REQUIRE(form);
  CHECK(form->value("a") == "1");
  CHECK(form->values("realm") == std::vector<std::string>{"x y", "\xC3\xA9"});
  CHECK(form->values("bare") == std::vector<std::string>{""});
  CHECK(form->value("c").empty());
  CHECK(form->values("d").empty());
}

TEST_CASE("a form with a bad percent sign or too many fields is none") {
  for (const char* text : {"a=%", "a=%4", "a=%zz", "%=a"}) {
    CAPTURE(text);
    CHECK(!Form::parse(text));
  }
  std::string text = "a=0";
  for (std::size_t i = 1; i < Form::kMaxFields; ++i) text += "&a=1";
  CHECK(Form::parse(text));
  CHECK(!Form::parse(text + "&a=1"));
}

TEST_CASE("the query of a target is what stands behind the first question mark") {
  CHECK(query_of("/a?b=c?d") == "b=c?d");
  CHECK(query_of("/a?").empty());
  CHECK(query_of("/a").empty());
}

TEST_CASE("what is encoded as a form is read back as it was") {
  const std::string text = form_encoded({{"a b", "c&d=e"}, {"\xC3\xA9", "+%"}, {"x", ""}});
  CHECK(text == "a%20b=c%26d%3De&%C3%A9=%2B%25&x=");
  const auto form = Form::parse(text);
  REQUIRE(form);
  CHECK(form->value("a b") == "c&d=e");
  CHECK(form->value("\xC3\xA9") == "+%");
}
