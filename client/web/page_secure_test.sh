#!/bin/bash
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CERT=$work/cert.pem KEY=$work/key.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout "$KEY" \
    -out "$CERT" -subj /CN=debate -addext subjectAltName=IP:127.0.0.1 2>/dev/null
# What the terminal trusts; the browser is told to trust anything.
export SSL_CERT_FILE=$CERT
node client/web/testing/secure.mjs
