#!/bin/sh
# Makes the secrets of a new set-up in the folder secrets/, once. What is there stays as it is.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

keep() {  # keep NAME VALUE: containers of other users read it, and the folder keeps others out
	if [ ! -e "secrets/$1" ]; then
		printf '%s\n' "$2" >"secrets/$1"
		chmod 0444 "secrets/$1"
	fi
}

# Both of a pair or neither: a password that one side alone knows opens nothing.
if [ ! -e secrets/PEXBC_DATABASE_URL ]; then
	password=$(random)
	printf '%s' "$password" >secrets/postgres_password
	chmod 0444 secrets/postgres_password
	keep PEXBC_DATABASE_URL "postgresql+psycopg://pexbc:$password@postgres:5432/pexbc"
fi
if [ ! -e secrets/PEXBC_BROKER_URL ]; then
	password=$(random)
	printf 'default_user = pexbc\ndefault_pass = %s\n' "$password" >secrets/rabbitmq_login.conf
	chmod 0444 secrets/rabbitmq_login.conf
	keep PEXBC_BROKER_URL "amqp://pexbc:$password@rabbitmq:5672"
fi
keep PEXBC_SECRET_KEY "$(random)"
keep PEXBC_ENTRA_CLIENT_SECRET ""
[ -s secrets/PEXBC_ENTRA_CLIENT_SECRET ] && [ "$(wc -c <secrets/PEXBC_ENTRA_CLIENT_SECRET)" -gt 1 ] ||
	echo "Write the Entra app's secret to $(pwd)/secrets/PEXBC_ENTRA_CLIENT_SECRET (chmod u+w first)."
echo "Keep a copy of $(pwd)/secrets/PEXBC_SECRET_KEY apart from the database's backups."
