#!/bin/sh
# Prints every Secret that an overlay needs, freshly generated, for
#     k8s/make-secrets.sh local | kubectl create -f -
# (create, not apply: kubectl refuses to replace existing ones). Needs openssl.
# Databases: "local" has its own; "cloudnativepg" those of the component; "production"
# those at AUTH_DATABASE and PROMO_DATABASE (HOST:PORT), with AUTH_POOLER and
# PROMO_POOLER in front where there is one. ADMIN_USERNAME names the administrator.
set -eu
umask 077

random() { openssl rand -hex 32; }

secret() { # NAMESPACE NAME [TYPE]
    printf -- '---\napiVersion: v1\nkind: Secret\nmetadata:\n  namespace: %s\n  name: %s\n' "$1" "$2"
    printf 'type: %s\nstringData:\n' "${3:-Opaque}"
}

entry() { printf '  %s: "%s"\n' "$1" "$2"; }

needed() { # VARIABLE
    eval "value=\${$1:-}"
    [ -n "$value" ] || { echo "make-secrets.sh: $1 is missing: HOST:PORT of that PostgreSQL." >&2; exit 2; }
    echo "$value"
}

where=${1:-}
case "$where" in
    local)
        auth_database=auth-database:5432 promo_database=promo-database:5432
        auth_pooler=$auth_database promo_pooler=$promo_database query= ;;
    cloudnativepg)
        auth_database=auth-database-rw.promo-databases:5432
        promo_database=promo-database-rw.promo-databases:5432
        auth_pooler=auth-pooler.promo-databases:5432
        promo_pooler=promo-pooler.promo-databases:5432 query='?sslmode=require' ;;
    production)
        auth_database=$(needed AUTH_DATABASE)
        promo_database=$(needed PROMO_DATABASE)
        auth_pooler=${AUTH_POOLER:-$auth_database}
        promo_pooler=${PROMO_POOLER:-$promo_database} query='?sslmode=require' ;;
    *)
        echo "usage: k8s/make-secrets.sh local|production|cloudnativepg" >&2
        exit 2 ;;
esac

signing_key=$(openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null)
auth_owner=$(random) auth_service=$(random) promo_owner=$(random) promo_service=$(random)
client_secret=$(random)
client_hash=$(printf %s "$client_secret" | openssl dgst -sha256 -r | cut -d ' ' -f 1)

secret promo-system auth-service
entry secret-key "$(random)"
entry database-url "postgres://auth_service:$auth_service@$auth_pooler/auth$query"
entry service-clients "promo_service=$client_hash"

secret promo-system auth-signing-keys
printf '  %s.pem: |\n' "$(date -u +%Y%m%dT%H%MZ)"
echo "$signing_key" | sed 's/^/    /'

secret promo-system auth-migrations
entry database-url "postgres://auth_owner:$auth_owner@$auth_database/auth$query"

secret promo-system promo-service
entry secret-key "$(random)"
entry database-url "postgres://promo_service:$promo_service@$promo_pooler/promo$query"
entry client-secret "$client_secret"

secret promo-system promo-migrations
entry database-url "postgres://promo_owner:$promo_owner@$promo_database/promo$query"

secret promo-system first-administrator
entry username "${ADMIN_USERNAME:-admin}"
entry password "$(random)"

case "$where" in
    local)
        secret promo-system auth-database
        entry superuser-password "$(random)"
        entry owner-password "$auth_owner"
        entry service-password "$auth_service"
        secret promo-system promo-database
        entry superuser-password "$(random)"
        entry owner-password "$promo_owner"
        entry service-password "$promo_service" ;;
    cloudnativepg)
        basic_auth() {
            secret promo-databases "$1" kubernetes.io/basic-auth
            entry username "$2"
            entry password "$3"
        }
        basic_auth auth-owner auth_owner "$auth_owner"
        basic_auth auth-service auth_service "$auth_service"
        basic_auth promo-owner promo_owner "$promo_owner"
        basic_auth promo-service promo_service "$promo_service" ;;
esac
