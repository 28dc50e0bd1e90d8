#include "gateway/pages/template.h"

#include <doctest/doctest.h>

namespace {

using namespace gateway::pages;

Templates one(std::string text) { return {{"page", std::move(text)}}; }

}  // namespace

TEST_CASE("what is filled in is escaped, in text and in attributes") {
  TemplateFields fields;
  fields.texts = {{"name", "<script>alert('x')</script> & \"co\""}};
  CHECK(render(one("<p title=\"{{name}}\">{{name}}</p>"), "page", fields) ==
        "<p title=\"&lt;script&gt;alert(&apos;x&apos;)&lt;/script&gt; &amp; &quot;co&quot;\">"
        "&lt;script&gt;alert(&apos;x&apos;)&lt;/script&gt; &amp; &quot;co&quot;</p>");
}

TEST_CASE("what is filled in is no template") {
  TemplateFields fields;
  fields.texts = {{"name", "{{secret}}{{>page}}"}, {"secret", "hush"}};
  CHECK(render(one("{{name}}"), "page", fields) == "{{secret}}{{&gt;page}}");
}

TEST_CASE("a section shows for a text, a true flag and each item of a list") {
  const Templates templates =
      one("{{#text}}t{{text}}{{/text}}{{#none}}n{{/none}}{{#yes}}y{{/yes}}{{^no}}N{{/no}}"
          "{{#items}}[{{x}}]{{/items}}{{none}}{{g.x}}{{absent}}");
  TemplateFields fields, item1, item2, group;
  item1.texts = {{"x", "1"}};
  item2.texts = {{"x", "2"}};
  group.texts = {{"x", "deep"}};
  fields.texts = {{"text", "T"}, {"none", ""}};
  fields.flags = {{"yes", true}, {"no", false}};
  fields.lists.emplace_back("items", std::vector{item1, item2});
  fields.groups.push_back({"g", group});
  CHECK(render(templates, "page", fields) == "tTyN[1][2]deep");
}

TEST_CASE("a template shows another one with its own fields") {
  TemplateFields fields;
  fields.texts = {{"title", "<T>"}};
  CHECK(render({{"page", "{{>head}}body"}, {"head", "<h1>{{title}}</h1>"}}, "page", fields) ==
        "<h1>&lt;T&gt;</h1>body");
}

TEST_CASE("a template that would show something unescaped, or can't be read, is refused") {
  for (const char* bad :
       {"{{{name}}}", "{{&name}}", "{{ & name }}", "{{ {name} }}", "{{=<% %>=}}<%&name%>",
        "x{{a}}\n{{\n&b}}", "{{#open}}", "{{/close}}", "{{name", "{{#a}}{{/b}}"}) {
    CAPTURE(bad);
    CHECK(template_error(bad).has_value());
  }
  for (const char* good : {"", "plain", "{{name}}", "{{ name }}", "{{#a}}{{^b}}{{/b}}{{/a}}",
                           "{{>part}}", "{{! said here }}", "{ {x} }"}) {
    CAPTURE(good);
    CHECK_FALSE(template_error(good).has_value());
  }
}
