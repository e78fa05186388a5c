#!/bin/sh
# Writes trusted_proxies.http from TRUSTED_PROXIES (CIDRs, by space or comma), which
# envsubst can't do; render.py writes the same for the local run.
# For /docker-entrypoint.d of the image.
set -eu
file="${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}/trusted_proxies.http"
proxies=$(printf '%s' "${TRUSTED_PROXIES:-}" | tr ',\n\t' '   ')
case "$proxies" in
    *[!0-9A-Fa-f:./\ ]*)
        echo "TRUSTED_PROXIES must be networks such as 10.0.0.0/8." >&2
        exit 1
        ;;
esac
{
    echo 'geo $realip_remote_addr $proxy_is_trusted {'
    echo '    default 0;'
    for proxy in $proxies; do echo "    $proxy 1;"; done
    echo '}'
    for proxy in $proxies; do echo "set_real_ip_from $proxy;"; done
    echo 'real_ip_header X-Forwarded-For;'
    echo 'real_ip_recursive on;'
} >"$file"
