# A CGI program, run by lighttpd: what its variables say.
quote() { [ -n "$1" ] && printf '"%s"' "$1" || printf null; }
path=$(printf '%s' "${REQUEST_URI%%\?*}")
handler=other
[ "$path" != /api/email ] || handler=email
printf 'Content-Type: application/json\r\n\r\n'
printf '{"handler":"%s","path":"%s","method":"%s","host":"%s","scheme":"%s","user":%s,"address":%s}' "$handler" "$path" \
  "$REQUEST_METHOD" "$HTTP_HOST" "$REQUEST_SCHEME" "$(quote "$HTTP_X_OAUTH_USER")" "$(quote "$HTTP_CLIENT_IP")"
