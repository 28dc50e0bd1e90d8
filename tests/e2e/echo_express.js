// An Express application as most are: routes without regard to case and to a slash at the end, and a method that a
// field names. Listens on PORT.

const express = require('express');

const app = express();
app.set('trust proxy', true);
app.use((request, response, next) => {
  request.method = (request.get('X-HTTP-Method-Override') || request.method).toUpperCase();
  request.url = request.get('X-Rewrite-URL') || request.url;
  next();
});
const told = (handler) => (request, response) => response.json({
  handler,
  path: request.path,
  method: request.method,
  host: request.hostname,
  scheme: request.protocol,
  user: request.get('X-OAuth-User') || null,
  address: request.get('Client-IP') || null,
});
app.all('/api/email', told('email'));
app.use(told('other'));
app.listen(Number(process.env.PORT), '127.0.0.1');
