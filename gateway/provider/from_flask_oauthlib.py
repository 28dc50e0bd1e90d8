#!/usr/bin/python3
"""from_flask_oauthlib.py DATABASE-URL: prints users, clients and access tokens for `portcullis import`.

Reads the tables of Flask-OAuthlib's documentation with SQLAlchemy 1.4 or 2 (apt install python3-sqlalchemy). The table
`user` is your own: here it has `id`, `username` and `password`, a hash that Werkzeug made. Change what is different.
"""

import json
import sys

from sqlalchemy import MetaData, create_engine, select

if len(sys.argv) != 2:
    sys.exit(__doc__.splitlines()[0])
database = create_engine(sys.argv[1])
schema = MetaData()
schema.reflect(database, only=["user", "client", "access_token"])


def rows(table):
    with database.connect() as connection:
        yield from connection.execute(select(schema.tables[table])).mappings()


def words(text):
    return dict.fromkeys((text or "").split())  # each once, in their order


def put(**record):
    print(json.dumps(record))


users = {row["id"]: row["username"] for row in rows("user")}  # the name that X-OAuth-User will have
realms = {row["client_key"]: words(row["_realms"]) for row in rows("client")}  # what each may have
tokens = []
for row in rows("access_token"):
    if row["user_id"] in users and row["client_key"] in realms:
        realms[row["client_key"]] |= words(row["_realms"])
        tokens.append(row)
    else:
        print("left out: access token", row["id"], "has no user or no client", file=sys.stderr)

for row in rows("user"):
    hashed = row["password"]
    if hashed and not hashed.startswith(("pbkdf2:", "scrypt:")):
        print("without password:", row["username"], "has a hash of another kind", file=sys.stderr)
        hashed = None
    put(type="user", name=row["username"], password_hash=hashed)
for row in rows("client"):
    callbacks = words(row["_redirect_uris"])
    put(type="client", key=row["client_key"], secret=row["client_secret"],
        name=row["name"] or "", description=row["description"] or "",
        redirect_uris=[one for one in callbacks if one != "oob"], allow_oob="oob" in callbacks,
        default_realms=list(words(row["_realms"])), realms=list(realms[row["client_key"]]))
for row in tokens:
    put(type="token", client=row["client_key"], user=users[row["user_id"]],
        token=row["token"], secret=row["secret"], realms=list(words(row["_realms"])))
