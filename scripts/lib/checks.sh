# shellcheck shell=bash
# What the checks of a running server share: one request at a time, one line a check. Sourced, never run.

base=      # the server's origin, no slash at its end
json=      # the next request's body; goes by a pipe, so that no list of processes shows a password
patient=1  # whether a request that was too quick waits as told and goes again
status= headers= body= tmp=
checks=0 failed=0
curl=(curl -q -sS --connect-timeout 10 --max-time 60)

misuse() {
  printf '%s: %s. Try --help.\n' "${0##*/}" "$1" >&2
  exit 2
}

unreachable() {
  printf "%s: %s can't be reached (curl ended with %s).\n" "${0##*/}" "$base" "$1" >&2
  exit 2
}

# Takes the server's address, and goes on only where something answers there.
reach() {
  ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) || misuse "bash 4.4 or later is needed"
  command -v curl >/dev/null || misuse "curl is needed"
  [[ -n $base ]] || misuse "name the server, as in https://music.example.org"
  base=${base%/}
  [[ $base =~ ^https?://([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]+)?$ ]] || misuse "$base is no origin such as https://music.example.org"
  [[ $base == https://* ]] || is_loopback "$base" || misuse "plain http is for this machine alone: nothing of an account goes over a network in the clear"
  umask 077
  tmp=$(mktemp -d)
  trap 'rm -rf "$tmp"' EXIT
  request GET /health/live
}

is_loopback() {
  [[ $1 =~ ^https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?$ ]]
}

# request METHOD PATH [curl options]: leaves the answer's status, headers and body.
request() {
  local method=$1 path=$2 tries=0 wait options=()
  shift 2
  if [[ -n $json ]]; then
    options=(-H 'Content-Type: application/json' --data-binary @-)
  elif [[ $method == POST ]]; then
    options=(-H 'Content-Length: 0')
  fi
  headers=$tmp/headers body=$tmp/body
  while :; do
    : >"$headers"
    : >"$body"
    status=$(printf '%s' "$json" | "${curl[@]}" -g -X "$method" -D "$headers" -o "$body" -w '%{http_code}' "${options[@]}" "$@" "$base$path") || unreachable $?
    answered
    [[ $patient == 1 && $status == 429 && $(code) == rate_limit.exceeded ]] || break
    wait=$(header Retry-After)
    [[ $wait =~ ^[0-9]{1,3}$ && $tries -lt 3 ]] || break
    tries=$((tries + 1))
    sleep "$wait"
  done
  json=
}

# What a script does with every answer; its own version of this function says so.
answered() { :; }

# burst COUNT PATH [curl options]: as many GETs at once, each answer in a file of its own.
burst() {
  local count=$1 path=$2
  shift 2
  rm -f "$tmp"/burst_*
  "${curl[@]}" --no-progress-meter -Z --parallel-immediate --parallel-max 100 -i -o "$tmp/burst_#1" "$@" "$base$path#[1-$count]" || unreachable $?
}

# read_answer FILE: makes an answer of a burst the one that is looked at.
read_answer() {
  headers=$1 body=$1 status=$(statuses "$1")
  answered
}

# statuses FILE…: the status of each, a word each.
statuses() {
  local file line last
  for file in "$@"; do
    last=
    while IFS= read -r line; do
      [[ $line =~ ^HTTP/[0-9.]+\ ([0-9]{3}) ]] && last=${BASH_REMATCH[1]}
      [[ $line == $'\r' && $last != 1?? ]] && break # what an interim answer is followed by is the answer
    done <"$file"
    printf '%s\n' "$last"
  done
}

# header NAME [SEPARATOR]: every value of it in the answer.
header() {
  local wanted=${1,,} separator=${2:-, } line name value values= inside=0
  while IFS= read -r line; do
    line=${line%$'\r'}
    if [[ $line == HTTP/* ]]; then
      inside=1 values=
    elif [[ -z $line ]]; then
      inside=0
    elif ((inside)); then
      name=${line%%:*}
      [[ ${name,,} == "$wanted" ]] || continue
      value=${line#*:}
      value=${value#"${value%%[![:space:]]*}"}
      values+=${values:+$separator}$value
    fi
  done <"$headers"
  printf '%s' "$values"
}

# The stable name in a problem; nothing where the answer is none.
code() {
  local text pattern='"code"[[:space:]]*:[[:space:]]*"([^"]*)"'
  text=$(<"$body")
  if [[ $(header Content-Type) == application/problem+json* && $text =~ $pattern ]]; then
    printf '%s' "${BASH_REMATCH[1]}"
  fi
}

# field NAME: a field of the body that is a text.
field() {
  local text pattern="\"$1\"[[:space:]]*:[[:space:]]*\"([^\"]*)\""
  text=$(<"$body")
  if [[ $text =~ $pattern ]]; then
    printf '%s' "${BASH_REMATCH[1]}"
  fi
}

# A text as it stands in JSON, its quotes included.
quoted() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "$text"
}

ok() {
  checks=$((checks + 1))
  printf 'ok  %s\n' "$1"
}

# fail CHECK EXPECTED GOT
fail() {
  local got=${3//[[:cntrl:]]/ }
  checks=$((checks + 1)) failed=$((failed + 1))
  printf 'FAIL %s: expected %s, got %s\n' "$1" "$2" "${got:0:300}"
}

# same CHECK EXPECTED GOT
same() {
  if [[ $3 == "$2" ]]; then ok "$1"; else fail "$1" "${2:-nothing}" "${3:-nothing}"; fi
}

# answers CHECK STATUS [CODE]: of the last request.
answers() {
  local name
  name=$(code)
  same "$1" "$2${3:+ $3}" "$status${name:+ $name}"
}

finish() {
  printf '%d checks, %d failed\n' "$checks" "$failed"
  exit $((failed > 0))
}
