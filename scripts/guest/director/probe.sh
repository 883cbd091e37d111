#!/usr/bin/env bash
# Checks a real server once, in one process where possible. Part of lvs-check and lvs-watch.

checks="${LVS_LIB:-/usr/local/lib/lvs}/checks"

# probe SERVICE TYPE TARGET HOST STATUS TIMEOUT: sets REPLY to "ok"; to "bad REASON" for a wrong answer, or none on an open connection;
# or to "dead REASON" without a connection.
probe() {
  case "$2" in
    http) ask_plainly "$3" "$4" "$5" "$6" ;;
    https) ask_url "$3" "$4" "$5" "$6" ;;
    tcp) connect_to "$3" "$6" ;;
    script) run_script "$1" "$3" "$6" ;;
  esac
}

# The connection goes to the address of TARGET. HOST is the Host header, and the server name for TLS.
ask_url() {
  local target="$1" host="$2" status="$3" timeout="$4" out endpoint path code
  path="${target#*://}"
  endpoint="${path%%/*}"
  path="/${path#*/}"
  [[ "$host" != - ]] || host="$endpoint"
  out="$(curl -ksv -o /dev/null --max-time "$timeout" -w '%{http_code}' --connect-to "::$endpoint" "${target%%:*}://$host$path" 2>&1)" || true
  code="${out: -3}"
  if [[ "$code" == "$status" ]]; then
    REPLY=ok
  elif [[ "$code" != 000 ]]; then
    REPLY="bad HTTP $code"
  elif [[ "$out" != *"* Connected to "* ]]; then
    explain "$out" "$timeout"
  elif [[ "$out" == *"timed out"* ]]; then
    REPLY="bad no answer within $timeout s"
  else
    REPLY="bad the connection was closed"
  fi
}

# For http, a fork of this process connects. Starting curl costs an emulated CPU several times as much.
ask_plainly() {
  local target="${1#*://}" host="$2" status="$3" timeout="$4" endpoint code
  endpoint="${target%%/*}"
  [[ "$host" != - ]] || host="$endpoint"
  connect_to "$endpoint" "$timeout" "GET /${target#*/} HTTP/1.1"$'\r\n'"Host: $host"$'\r\n'"Connection: close"$'\r\n\r\n'
  [[ "$REPLY" == "ok "* ]] || return 0
  code="${REPLY#ok HTTP/* }"
  if [[ "${code:0:3}" == "$status" ]]; then REPLY=ok; else REPLY="bad HTTP ${code:0:3}"; fi
}

# connect_to ADDRESS:PORT TIMEOUT [REQUEST]: "ok", or with a request "ok LINE" with the first line of the answer. The fork reports that
# it is connected, or bash's message why it is not.
connect_to() {
  local endpoint="$1" timeout="$2" request="${3:-}" deadline=$((SECONDS + $2)) address from line=""
  address="${endpoint%:*}"
  address="${address#[}"
  exec {from}< <(
    exec 2>&1 3<>"/dev/tcp/${address%]}/${endpoint##*:}"
    echo connected
    printf '%s' "$request" >&3
    [[ -z "$request" ]] || head_line <&3
  )
  IFS= read -rt "$timeout" -u "$from" line || true
  if [[ "$line" != connected ]]; then
    explain "$line" "$timeout"
  elif [[ -z "$request" ]]; then
    REPLY=ok
  elif IFS= read -rt "$((deadline > SECONDS ? deadline - SECONDS : 1))" -u "$from" line; then
    REPLY="ok $line"
  elif (($? > 128)); then
    REPLY="bad no answer within $timeout s"
  else
    REPLY="bad the connection was closed"
  fi
  kill "$!" 2>/dev/null || true
  exec {from}<&-
}

head_line() {
  local line
  IFS= read -r line && printf '%s\n' "$line"
}

# Calls the operator's program with RIP and port.
run_script() {
  local target="$2" timeout="$3" code=0
  timeout "$timeout" "$checks/$1" "${target%:*}" "${target##*:}" >/dev/null 2>&1 </dev/null || code=$?
  case "$code" in
    0) REPLY=ok ;;
    124) REPLY="dead no answer within $timeout s" ;;
    *) REPLY="dead its check ended with $code" ;;
  esac
}

# explain OUTPUT TIMEOUT: why there is no connection, from the kernel's message.
explain() {
  case "$1" in
    *"onnection refused"*) REPLY="dead connection refused" ;;
    *"No route to host"*) REPLY="dead no route to host" ;;
    *"etwork is unreachable"*) REPLY="dead network is unreachable" ;;
    *) REPLY="dead no answer within $2 s" ;;
  esac
}
