#!/bin/sh
# Writes resolver.http from RESOLVER (addresses, by space or comma) or, where that is
# empty, from the name servers of /etc/resolv.conf. For /docker-entrypoint.d of the image.
set -eu
file="${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}/resolver.http"
servers=$(printf '%s' "${RESOLVER:-}" | tr ',\n\t' '   ')
if [ -z "$servers" ]; then
    servers=$(sed -n 's/^[[:space:]]*nameserver[[:space:]]\{1,\}\([^[:space:]]*\).*/\1/p' "${RESOLV_CONF:-/etc/resolv.conf}")
fi
list=""
# nginx requires an address here, even if there is no name server.
for server in ${servers:-127.0.0.1}; do
    case "$server" in
        *[!0-9A-Fa-f:.%\[\]]* | *%*)
            echo "RESOLVER must be addresses such as 10.96.0.10, not $server." >&2
            exit 1
            ;;
        *:*:*) case "$server" in \[*) ;; *) server="[$server]" ;; esac ;;
    esac
    list="$list $server"
done
echo "resolver$list valid=2s;
resolver_timeout 2s;" >"$file"
