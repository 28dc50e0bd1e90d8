"""What many a Flask application has around it, which says what it takes a request for. Run by gunicorn."""

from flask import Flask, jsonify, request

app = Flask(__name__)
METHODS = ["GET", "POST", "PUT", "DELETE"]


def told(handler):
    return jsonify(handler=handler, path=request.path, method=request.method, host=request.host, scheme=request.scheme,
                   user=request.headers.get("X-OAuth-User"), address=request.environ.get("HTTP_CLIENT_IP"))


@app.route("/api/email", methods=METHODS, strict_slashes=False)
def email():
    return told("email")


@app.route("/", defaults={"path": ""}, methods=METHODS)
@app.route("/<path:path>", methods=METHODS)
def other(path):
    return told("other")


class BehindProxy:
    """The well-known snippet: a prefix, a scheme and a method that a proxy names."""

    def __init__(self, inner):
        self.inner = inner

    def __call__(self, environ, start_response):
        prefix = environ.get("HTTP_X_SCRIPT_NAME", "")
        if prefix:
            environ["SCRIPT_NAME"] = prefix
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(prefix)
        environ["wsgi.url_scheme"] = environ.get("HTTP_X_SCHEME", environ["wsgi.url_scheme"])
        environ["REQUEST_METHOD"] = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", environ["REQUEST_METHOD"]).upper()
        environ["HTTP_HOST"] = environ.get("HTTP_X_HOST", environ["HTTP_HOST"])
        return self.inner(environ, start_response)


app.wsgi_app = BehindProxy(app.wsgi_app)
