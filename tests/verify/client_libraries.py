#!/usr/bin/python3
"""Has the OAuth libraries that are installed sign requests with hard inputs, and prints what they send and what
`explain` makes of it, as rows for tests/vectors/explained.tsv: of each library, the first request of each answer, and
one in ten of those that are right.

usage: client_libraries.py DRIVER [--modules DIR] [--all]

Debian: python3-oauthlib python3-requests-oauthlib python3-authlib libnet-oauth-perl libwww-oauth-perl
liblwp-authen-oauth-perl ruby-oauth ruby-simple-oauth php-oauth tcllib tcl-tls liboauth-dev liboauth-signpost-java, and gcc, a
JDK and nodejs. npm, in DIR: oauth-1.0a oauth oauth-sign request twitter-api-v2. What is missing is passed over.

A library that calls by itself calls a server here, on port 80 if that can be had; of the others, what they made is
taken. An answer is what explain says today: look at those that are new, and above all at "nothing".
"""

import argparse
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
from urllib.parse import parse_qsl, quote, urlsplit

from client_model import ACCESS, CLIENT, KEY, TOKEN

FORM = "application/x-www-form-urlencoded"
TARGETS = [
    "/r", "/r?", "/", "/r?q=one+two", "/r?q=one%20two", "/r?q=caf%C3%A9%20%E2%82%AC", "/r?q=a+b%2Bc", "/r?a[]=1&a[]=2",
    "/r?a%5B%5D=1&a%5B%5D=2", "/r?a=2&a=1&a=10", "/r?empty=&flag", "/r?z=1&A=2&a=3&B=4", "/r?t=~!*'()-._",
    "/r?u=http%3A%2F%2Fx%2F%3Fa%3Db%26c%3Dd", "/r?x=a%2fb%c3%a9", "/r?s=a;b,c:d@e/f?g", "/r?e=a=b&f==", "/r?a=1&&b=2",
    "/a%20b/c;v=1/caf%C3%A9", "/~user/(1)/", "/R/Mixed.Case?b=1&a=2", "/r?%61=1&b=%7E", "/r?user[name]=x&user[id]=2",
    "/r?n=10&n=9", "/r?a-=1&a%C3%A9=2&aa=3",
]  # fmt: skip
FORMS = [
    ("/r", "status=Hello+Ladies+%2B+Gentlemen"), ("/r", "a=1&a=2&b="), ("/r", "text=%E2%82%AC+%C3%BC"), ("/r", "k[]=v&k[]=w"),
    ("/r?x=1", "x=1&y=2"), ("/r?q=a%20b", "t=~%21%2A%27%28%29"), ("/r?a=1", "b=2"), ("/r", "u=http%3A%2F%2Fx%2F%3Fa%3Db%26c"),
]  # fmt: skip


def cases(port):
    host = "localhost" if port == 80 else f"localhost:{port}"
    for target in TARGETS:
        yield {"method": "GET", "url": f"http://{host}{target}", "form": None, "pairs": []}
    for host_too in (f"LocalHost:{port}", f"localhost:{port}"):
        yield {"method": "GET", "url": f"http://{host_too}/r", "form": None, "pairs": []}
    for charset in ("", "; charset=UTF-8"):
        for target, form in FORMS:
            yield {"method": "POST", "url": f"http://{host}{target}", "form": form, "type": FORM + charset,
                   "pairs": parse_qsl(form, keep_blank_values=True)}  # fmt: skip


PYTHON = """
import json, os, sys, time
key, secret, token, hush = (os.environ[n] for n in ("KEY", "SECRET", "TOKEN", "HUSH"))
cases = json.load(sys.stdin)
def say(c, **made):
    print(json.dumps({"url": c["url"], "form": c["form"], "method": c["method"], "authorization": None, **made}))
def each(call):
    for c in cases:
        try:
            call(c)
        except Exception as error:
            print(type(error), error, file=sys.stderr)
"""
NODE = """
const E = process.env, crypto = require('crypto'), from = require('module').createRequire(E.MODULES + '/x.js');
const cases = JSON.parse(require('fs').readFileSync(0));
const say = (c, made) => console.log(JSON.stringify({url: c.url, form: c.form, method: c.method, authorization: null, ...made}));
const object = c => { const o = {}; for (const [n, v] of c.pairs) o[n] = n in o ? [].concat(o[n], v) : v; return o; };
const each = async call => { for (const c of cases) { try { await call(c); } catch (error) { console.error(error); } } };
const done = (resolve, start) => start(() => resolve());
const auth1a = () => from('oauth-1.0a')({consumer: {key: E.KEY, secret: E.SECRET}, signature_method: 'HMAC-SHA1',
  hash_function: (base, key) => crypto.createHmac('sha1', key).update(base).digest('base64')});
"""
PERL = """
use strict; use JSON::PP; my $E = \\%ENV; my $cases = decode_json(do { local $/; <STDIN> });
sub say_ { my ($c, %made) = @_; print encode_json({url => $c->{url}, form => $c->{form}, method => $c->{method}, authorization => undef, %made}), "\\n"; }
sub pairs_ { map { @$_ } @{$_[0]{pairs}} }
"""
RUBY = """
require 'json'; E = ENV; CASES = JSON.parse(STDIN.read)
def say(c, made) puts JSON.generate({url: c['url'], form: c['form'], method: c['method'], authorization: nil}.merge(made)) end
def object(c) c['pairs'].each_with_object({}) { |(n, v), o| o[n] = o.key?(n) ? [*o[n], v] : v } end
"""
LIBRARIES = {
    "oauthlib": (["/usr/bin/python3", "-"], PYTHON + """
from oauthlib.oauth1 import Client
def call(c):
    for place in ("AUTH_HEADER", "QUERY", "BODY"):
        if place == "BODY" and not c["form"]: continue
        url, headers, body = Client(key, secret, token, hush, signature_type=place).sign(
            c["url"], c["method"], c["form"], {"Content-Type": c["type"]} if c["form"] else {})
        say(c, url=url, form=body, authorization=headers.get("Authorization"))
each(call)
"""),
    "requests_oauthlib": (["/usr/bin/python3", "-"], PYTHON + """
from requests_oauthlib import OAuth1Session
def call(c):
    session = OAuth1Session(key, secret, token, hush)
    session.request(c["method"], c["url"], data=c["form"], headers={"Content-Type": c["type"]} if c["form"] else {})
    if c["form"]: session.request(c["method"], c["url"], data=c["pairs"])
each(call)
"""),
    "authlib": (["/usr/bin/python3", "-"], PYTHON + """
from authlib.integrations.requests_client import OAuth1Session
def call(c):
    session = OAuth1Session(key, secret, token=token, token_secret=hush)
    session.request(c["method"], c["url"], data=c["form"], headers={"Content-Type": c["type"]} if c["form"] else {})
each(call)
"""),
    "Net::OAuth": (["perl", "-"], PERL + """
use Net::OAuth; $Net::OAuth::PROTOCOL_VERSION = Net::OAuth::PROTOCOL_VERSION_1_0A();
for my $c (@$cases) { eval {
  my $r = Net::OAuth->request("protected resource")->new(consumer_key => $E->{KEY}, consumer_secret => $E->{SECRET},
    token => $E->{TOKEN}, token_secret => $E->{HUSH}, request_url => $c->{url}, request_method => $c->{method},
    signature_method => 'HMAC-SHA1', timestamp => time, nonce => rand, extra_params => {pairs_($c)});
  $r->sign; say_($c, authorization => $r->to_authorization_header); 1 } or print STDERR $@; }
"""),
    "WWW::OAuth": (["perl", "-"], PERL + """
use WWW::OAuth; use HTTP::Tiny;
for my $c (@$cases) { eval {
  my $o = WWW::OAuth->new(client_id => $E->{KEY}, client_secret => $E->{SECRET}, token => $E->{TOKEN}, token_secret => $E->{HUSH});
  $o->authenticate(Basic => {method => $c->{method}, url => $c->{url}, defined $c->{form} ? (content => $c->{form}, headers => {'Content-Type' => $c->{type}}) : ()})->request_with(HTTP::Tiny->new); 1 } or print STDERR $@; }
"""),
    "LWP::Authen::OAuth": (["perl", "-"], PERL + """
use LWP::Authen::OAuth; use HTTP::Request;
for my $c (@$cases) { eval {
  my $ua = LWP::Authen::OAuth->new(oauth_consumer_key => $E->{KEY}, oauth_consumer_secret => $E->{SECRET}, oauth_token => $E->{TOKEN}, oauth_token_secret => $E->{HUSH});
  $ua->request(HTTP::Request->new($c->{method}, $c->{url}, defined $c->{form} ? ['Content-Type' => $c->{type}] : [], $c->{form} // '')); 1 } or print STDERR $@; }
"""),
    "ruby-oauth": (["ruby", "-W0", "-"], RUBY + """
require 'oauth'
CASES.each { |c| [[:header, c['form']], [:header, object(c)], [:query_string, c['form']], [:body, object(c)]].each { |scheme, form| begin
  next if c['form'].nil? && (scheme == :body || form == {})
  u = URI(c['url'].sub(/\\[\\]/, '[]'))
  consumer = OAuth::Consumer.new(E['KEY'], E['SECRET'], site: "http://#{c['url'].split('/')[2]}", scheme: scheme)
  t = OAuth::AccessToken.new(consumer, E['TOKEN'], E['HUSH'])
  path = '/' + c['url'].split('/', 4)[3].to_s
  if c['form'] then t.request(:post, path, form, {'Content-Type' => c['type']}) else t.request(:get, path) end
rescue => e; STDERR.puts e; end } }
"""),
    "simple_oauth": (["ruby", "-W0", "-"], RUBY + """
require 'simple_oauth'
CASES.each { |c| begin
  say(c, authorization: SimpleOAuth::Header.new(c['method'], c['url'], object(c), consumer_key: E['KEY'], consumer_secret: E['SECRET'], token: E['TOKEN'], token_secret: E['HUSH']).to_s)
rescue => e; STDERR.puts e; end }
"""),
    "PHP's oauth": (["php"], """<?php
$cases = json_decode(getenv('CASES'), true);
foreach ($cases as $c) foreach ([OAUTH_AUTH_TYPE_AUTHORIZATION, OAUTH_AUTH_TYPE_URI, OAUTH_AUTH_TYPE_FORM] as $type) {
  if ($type == OAUTH_AUTH_TYPE_FORM && $c['form'] === null) continue;
  try {
    $o = new OAuth(getenv('KEY'), getenv('SECRET'), OAUTH_SIG_METHOD_HMACSHA1, $type);
    $o->setToken(getenv('TOKEN'), getenv('HUSH'));
    $pairs = []; foreach ($c['pairs'] as [$n, $v]) $pairs[$n] = isset($pairs[$n]) ? array_merge((array)$pairs[$n], [$v]) : $v;
    $o->fetch($c['url'], $pairs, $c['method']);
  } catch (Exception $e) { fwrite(STDERR, $e->getMessage() . "\\n"); }
}
"""),
    "Tcl's oauth": (["tclsh"], """
package require oauth; package require json; package require http
oauth::config -consumerkey $env(KEY) -consumersecret $env(SECRET) -accesstoken $env(TOKEN) -accesstokensecret $env(HUSH)
foreach c [json::json2dict $env(CASES)] { catch {
  set form [dict get $c form]; set url [dict get $c url]; set more [expr {$form eq "null" ? "" : "-query {$form}"}]
  http::cleanup [http::geturl $url -headers [oauth::header $url [expr {$form eq "null" ? "" : $form}]] {*}$more]
} problem }
"""),
    "oauth-1.0a": (["node", "-"], NODE + """
each(async c => { const o = auth1a();
  say(c, {authorization: o.toHeader(o.authorize({url: c.url, method: c.method, data: object(c)}, {key: E.TOKEN, secret: E.HUSH})).Authorization}); });
"""),
    "npm oauth": (["node", "-"], NODE + """
const OAuth = from('oauth').OAuth;
each(c => new Promise(resolve => { const o = new OAuth(null, null, E.KEY, E.SECRET, '1.0', null, 'HMAC-SHA1');
  if (c.form === null) o.get(c.url, E.TOKEN, E.HUSH, () => resolve());
  else o.post(c.url, E.TOKEN, E.HUSH, object(c), () => resolve()); }));
"""),
    "request": (["node", "-"], NODE + """
const request = from('request');
each(async c => { for (const transport_method of ['header', 'query', 'body']) {
  if (transport_method == 'body' && c.form === null) continue;
  const oauth = {consumer_key: E.KEY, consumer_secret: E.SECRET, token: E.TOKEN, token_secret: E.HUSH, transport_method};
  await new Promise(resolve => request({url: c.url, method: c.method, oauth, ...(c.form === null ? {} : {form: c.form})}, () => resolve())); } });
"""),
    "twitter-api-v2": (["node", "-"], NODE + """
const {OAuth1Helper} = from('./node_modules/twitter-api-v2/dist/cjs/client-mixins/oauth1.helper.js');
const Helper = OAuth1Helper || from('./node_modules/twitter-api-v2/dist/cjs/client-mixins/oauth1.helper.js').default;
each(async c => { const o = new Helper({consumerKeys: {key: E.KEY, secret: E.SECRET}});
  say(c, {authorization: o.toHeader(o.authorize({url: c.url, method: c.method, data: object(c)}, {key: E.TOKEN, secret: E.HUSH})).Authorization}); });
"""),
    "liboauth": (["C"], r"""
#include <stddef.h>
#include <oauth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
  static char line[9999];
  while (fgets(line, sizeof line, stdin)) {
    char *save, *method = strtok_r(line, "\t\n", &save), *url = strtok_r(NULL, "\t\n", &save), *form = strtok_r(NULL, "\t\n", &save), *post = NULL;
    char *whole = malloc(20000);
    snprintf(whole, 20000, "%s%s%s", url, form ? (strchr(url, '?') ? "&" : "?") : "", form ? form : "");
    char *out = oauth_sign_url2(whole, form ? &post : NULL, OA_HMAC, method, getenv("KEY"), getenv("SECRET"), getenv("TOKEN"), getenv("HUSH"));
    printf("%s\t%s\t%s\n", method, out, post ? post : "");
  }
}
"""),
    "signpost": (["java"], """
import java.net.*; import oauth.signpost.basic.*;
public class Main { public static void main(String[] a) throws Exception {
  var in = new java.io.BufferedReader(new java.io.InputStreamReader(System.in)); String line;
  while ((line = in.readLine()) != null) { String[] f = line.split("\\t", -1); try {
    var consumer = new DefaultOAuthConsumer(System.getenv("KEY"), System.getenv("SECRET"));
    consumer.setTokenWithSecret(System.getenv("TOKEN"), System.getenv("HUSH"));
    if (f[2].isEmpty()) { HttpURLConnection c = (HttpURLConnection) new URL(f[1]).openConnection(); consumer.sign(c); c.getResponseCode(); }
    System.out.println(f[0] + "\\t" + consumer.sign(f[1]) + "\\t" + f[2]);
  } catch (Exception e) { System.err.println(e); } } } }
"""),
}  # fmt: skip


class Server(http.server.BaseHTTPRequestHandler):
    seen = []

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0) or 0))
        is_form = self.headers.get("Content-Type", "").split(";")[0].strip().lower() == FORM
        self.seen.append({"method": self.command, "host": self.headers["Host"], "target": self.path,
                          "authorization": self.headers.get("Authorization"),
                          "form": body.decode("latin-1") if is_form else None})  # fmt: skip
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass


def made(text):
    for line in text.splitlines():
        if line.startswith("{"):
            one = json.loads(line)
        else:
            method, url, form = line.split("\t")
            one = {"method": method, "url": url, "form": form or None, "authorization": None}
        parts = urlsplit(one["url"])
        yield {**one, "host": parts.netloc, "target": (parts.path or "/") + one["url"].partition("?")[1] + parts.query}


def run(command, source, all_cases, modules, folder):
    env = {**os.environ, "KEY": KEY, "SECRET": CLIENT, "TOKEN": ACCESS, "HUSH": TOKEN, "MODULES": modules, "AUTHLIB_INSECURE_TRANSPORT": "1"}
    text = json.dumps(all_cases)
    lines = "".join(f"{c['method']}\t{c['url']}\t{c['form'] or ''}\n" for c in all_cases)
    if command == ["C"]:
        (folder / "main.c").write_text(source)
        subprocess.run(["gcc", "main.c", "-o", "main", "-loauth"], cwd=folder, check=True)
        command, text = ["./main"], lines
    elif command == ["java"]:
        (folder / "Main.java").write_text(source)
        jars = "/usr/share/java/signpost-core.jar:/usr/share/java/commons-codec.jar"
        command, text = ["java", "-cp", jars, "Main.java"], lines
    else:
        file = folder / "program"
        file.write_text(source)
        command, env["CASES"] = [one for one in command if one != "-"] + [str(file)], text
    return subprocess.run(command, input=text, cwd=folder, env=env, capture_output=True, text=True)


def line(one):
    """For the driver."""
    fields = [one["target"], one["authorization"], one["form"], None]
    written = [quote(field, safe="") if field is not None else "-" for field in fields]
    return "\t".join([one["method"], "http", one["host"], *written])


def told(driver, lines):
    text = "".join(one + "\n" for one in lines)
    return subprocess.run([driver, CLIENT, TOKEN], input=text, capture_output=True, text=True, check=True).stdout.splitlines()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("driver")
    parser.add_argument("--modules", default=".")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    try:
        server = http.server.ThreadingHTTPServer(("localhost", 80), Server)
    except OSError:
        server = http.server.ThreadingHTTPServer(("localhost", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    all_cases = list(cases(server.server_port))
    options.driver = os.path.abspath(options.driver)
    for label, (command, source) in LIBRARIES.items():
        Server.seen.clear()
        with tempfile.TemporaryDirectory() as folder:
            done = run(command, source, all_cases, options.modules, pathlib.Path(folder))
        lines = [line(one) for one in [*Server.seen, *made(done.stdout)]]
        counts = {}
        for text, answer in zip(lines, told(options.driver, lines)):
            counts[answer] = counts.get(answer, 0) + 1
            if options.all or counts[answer] == 1 or (answer == "right" and counts[answer] % 10 == 0):
                print(f"{label}\t{answer}\t{text}")
        print(f"{label}: {len(Server.seen)} sent, {done.stdout.count(chr(10))} made. {done.stderr[-300:]}", file=sys.stderr)


if __name__ == "__main__":
    main()
