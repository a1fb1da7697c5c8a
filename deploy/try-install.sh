#!/bin/sh
# Tries an installation the way the container image makes it: the wheel and the locked packages in an
# environment of their own, then all parts under a user without rights, over a read-only file system.
#
#   deploy/try-install.sh [FOLDER]     FOLDER keeps the installation; a temporary one is removed
#
# Without PEXBC_DATABASE_URL in the environment it takes an SQLite file. As root it mounts everything
# read-only but /tmp, in a namespace of its own; as anybody else only the installation is. PYTHON names
# another interpreter than python3; the user without rights must be able to run it.
set -eu

say() { printf '== %s\n' "$*"; }

install_into() {
	folder=$1
	root=$(cd "$(dirname "$0")/.." && pwd)
	export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
	say "building the wheel"
	"${PYTHON:-python3}" -m venv "$folder/build"
	"$folder/build/bin/python" -m pip install --quiet --require-hashes --no-deps \
		-r "$root/requirements-build.txt"
	mkdir "$folder/source"
	cp -R "$root/pyproject.toml" "$root/README.md" "$root/LICENSE" "$root/src" "$folder/source"
	"$folder/build/bin/python" -m pip wheel --quiet --no-deps --no-build-isolation \
		--wheel-dir "$folder/dist" "$folder/source"
	say "installing it with the locked packages"
	"${PYTHON:-python3}" -m venv "$folder/pexbc"
	"$folder/pexbc/bin/python" -m pip install --quiet --require-hashes --no-deps \
		-r "$root/requirements.txt"
	"$folder/pexbc/bin/python" -m pip install --quiet --no-deps "$folder"/dist/*.whl
	"$folder/pexbc/bin/python" -m pip check
	"$folder/pexbc/bin/python" -m compileall -q "$folder/pexbc/lib"
	rm -rf "$folder/source" "$folder/build"
	chmod -R go+rX "$folder"
	du -sh "$folder/pexbc" | cut -f1
}

answer() { # answer PATH: what the web server says, or nothing
	python - "$1" <<-'END'
		import sys, urllib.request
		print(urllib.request.urlopen(f"http://127.0.0.1:{8765}{sys.argv[1]}", timeout=5).read().decode())
	END
}

until_ready() {
	for _ in $(seq 100); do
		if answer /health/ready >ready.json 2>/dev/null; then return; fi
		sleep 0.3
	done
	echo "the web server never became ready" >&2
	return 1
}

try_it() { # within the namespace, as the user without rights
	cd "$1"
	umask 077
	say "running as $(id -u):$(id -g) in $(pwd)"
	if touch "$2/written" 2>/dev/null; then echo "the installation can be written to" >&2; exit 1; fi
	pexbc --version
	PYTHONTZPATH='' python -c 'import zoneinfo; print("time zones:", zoneinfo.ZoneInfo("America/New_York"))'
	say "migrate"
	pexbc migrate
	say "web, worker, scheduler"
	pexbc web --port 8765 2>web.log & web=$!
	pexbc worker 2>worker.log & worker=$!
	pexbc scheduler 2>scheduler.log & scheduler=$!
	trap 'kill -9 $web $worker $scheduler 2>/dev/null || true' EXIT
	until_ready
	cat ready.json
	answer /sign-in >page.html
	grep -q '<form' page.html
	answer "$(sed -n 's/.*href="\([^"]*pexbc[^"]*\.css[^"]*\)".*/\1/p' page.html)" >style.css
	answer /openapi.json >description.json
	ls -s page.html style.css description.json
	sleep 6 # the worker sweeps every five seconds
	for role in web worker scheduler; do
		eval "process=\$$role"
		kill -0 "$process"
		awk -v role="$role" '/VmHWM/ {printf "%s: at most %d MiB\n", role, $2 / 1024}' \
			"/proc/$process/status"
		if pexbc health --help >/dev/null 2>&1; then pexbc health --role "$role" --port 8765; fi
	done
	say "told to end"
	kill -TERM "$web" "$worker" "$scheduler"
	wait "$web"
	wait "$worker"
	wait "$scheduler"
	echo "all three ended with 0"
	trap - EXIT
	if grep -l Traceback ./*.log; then exit 1; fi
	say "written meanwhile, besides our own logs"
	find /tmp -type f ! -name '*.log' ! -name '*.json' ! -name page.html ! -name style.css
	say "it works"
}

in_namespace() { # as root, in a mount namespace of our own
	mount --make-rprivate /
	mount -t tmpfs -o mode=1777 tmpfs /tmp
	mount -o remount,bind,ro /
	install -d -o 10001 -g 10001 /tmp/data
	exec setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set=-all \
		"$0" --try /tmp/data "$1"
}

begin() {
	PEXBC_DATABASE_URL=${PEXBC_DATABASE_URL:-sqlite:////tmp/data/pexbc.db}
	export PEXBC_DATABASE_URL
	export PATH="$1/pexbc/bin:$PATH" PYTHONDONTWRITEBYTECODE=1 LOGNAME=pexbc
	if [ "$(id -u)" = 0 ]; then
		unshare --mount "$0" --inside "$1"
	else
		mkdir -p /tmp/data && chmod -R a-w "$1/pexbc" && "$0" --try /tmp/data "$1/pexbc"
	fi
}

case ${1:-} in
--inside) in_namespace "$2" ;;
--try) try_it "$2" "$3" ;;
*)
	# Not below /tmp, which is empty within the namespace.
	folder=${1:-$(mktemp -d /var/tmp/pexbc-try-XXXXXX)}
	[ -n "${1:-}" ] || trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
	mkdir -p "$folder"
	folder=$(cd "$folder" && pwd)
	[ -x "$folder/pexbc/bin/pexbc" ] || install_into "$folder"
	begin "$folder"
	;;
esac
