"""A small application with users and sessions of its own, as people have them: Flask, and nothing about OAuth in it.

Run as `fronted_app.py PORT`. What the gate needs of it were there anyway: a page to sign in that takes ?next=, and an
address that says who is signed in.
"""

import sys
from urllib.parse import urlsplit

from flask import Flask, abort, jsonify, redirect, request, session

app = Flask(__name__)
app.secret_key = "only for this test"
PASSWORDS = {"carol": "carols password", "dave": "daves password", "zoë & co": "zoes password"}


@app.get("/login")
def sign_in_page():
    return """<!DOCTYPE html><title>Shop sign-in</title><form method=post>
<input name=user id=user><input name=word id=word type=password><button id=go>In</button></form>"""


@app.post("/login")
def sign_in():
    if PASSWORDS.get(request.form.get("user")) != request.form.get("word"):
        abort(403)
    session["user"] = request.form["user"]
    target = request.args.get("next", "/")
    parts = urlsplit(target)
    return redirect(target if not parts.netloc and not parts.scheme else "/")


@app.get("/logout")
def sign_out():
    session.clear()
    return "out"


@app.get("/session")
def who():
    if "user" not in session:
        abort(401)
    return jsonify(user={"name": session["user"]})


@app.get("/api/me")
def me():
    return jsonify(user=request.headers.get("X-OAuth-User"), client=request.headers.get("X-OAuth-Client"))


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]))
