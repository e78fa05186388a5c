#!/bin/sh
# Writes public_hosts.http from PUBLIC_ORIGINS (by space or comma), which envsubst can't
# do; render.py writes the same for the local run. For /docker-entrypoint.d of the image.
set -eu
file="${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}/public_hosts.http"
origins=$(printf '%s' "${PUBLIC_ORIGINS:-}" | tr ',\n\t' '   ' | tr 'A-Z' 'a-z')
hosts=""
for origin in $origins; do
    host=$(printf '%s' "$origin" |
        sed -En 's#^https?://([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$#\1#p')
    if [ -z "$host" ]; then
        echo "PUBLIC_ORIGINS must be origins such as https://promo.example.com, not $origin." >&2
        exit 1
    fi
    case " $hosts " in
        *" $host "*) ;;
        *) hosts="$hosts $host" ;;
    esac
done
if [ -z "$hosts" ]; then
    echo "PUBLIC_ORIGINS is missing; the gateway answers to no other host." >&2
    exit 1
fi
{
    echo 'map $client_host_name $host_is_public {'
    echo '    default 0;'
    for host in $hosts; do echo "    \"$host\" 1;"; done
    echo '}'
} >"$file"
