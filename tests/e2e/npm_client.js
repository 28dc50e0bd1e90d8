// Signs one request with npm's oauth-1.0a, sends it, and prints {"status", "body", "target"}.
//
// usage: node npm_client.js '{"method", "url", "form", "body", "type", "key", "secret", "token", "token_secret", "digest"}'

const crypto = require('crypto');
const http = require('http');
const OAuth = require('oauth-1.0a');

const asked = JSON.parse(process.argv[2]);
// Before signing, which adds the query to the form that it is given.
const body = asked.form ? new URLSearchParams(asked.form).toString() : asked.body || '';
const oauth = OAuth({
  consumer: { key: asked.key, secret: asked.secret },
  signature_method: `HMAC-${asked.digest}`,
  hash_function: (text, key) => crypto.createHmac(asked.digest.toLowerCase(), key).update(text).digest('base64'),
});
const signed = oauth.authorize(
  { url: asked.url, method: asked.method, data: asked.form || {} },
  { key: asked.token, secret: asked.token_secret },
);

const headers = { ...oauth.toHeader(signed) };
if (body) {
  headers['Content-Type'] = asked.form ? 'application/x-www-form-urlencoded' : asked.type;
  headers['Content-Length'] = Buffer.byteLength(body);
}
const request = http.request(asked.url, { method: asked.method, headers, agent: false }, (response) => {
  const parts = [];
  response.on('data', (part) => parts.push(part));
  response.on('end', () => {
    const text = Buffer.concat(parts).toString();
    console.log(JSON.stringify({ status: response.statusCode, body: text, target: request.path }));
  });
});
request.end(body);
